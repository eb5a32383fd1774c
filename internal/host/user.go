package host

import (
	"fmt"
	"os"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// setUser fills in the user by the container's own passwd and group (root is
// its root directory), and HOME. Errors name the user.
func (r *Runtime) setUser(c *container, sc *supervisor.Container, root *os.File, p *specs.Process) error {
	u, err := userspec.InRoot(root, sc.Service.User, withoutKeep(sc.Service.GroupAdd))
	if err != nil {
		return err
	}
	if r.singleID && (u.UID != 0 || u.GID != 0) {
		return &cause.Error{Doing: "user " + sc.Service.User, Err: fmt.Errorf("id %d:%d does not exist here, only 0:0 (you) does", u.UID, u.GID), Cause: cause.NoIDs(cause.Here())}
	}
	if c.rec.Lower == "" {
		u.Home = "/tmp" // the home directories of the host cannot be written to
	}
	p.User = specs.User{UID: u.UID, GID: u.GID, AdditionalGids: u.Groups, Umask: sc.Service.Umask}
	p.Env = mergeEnv([]string{"HOME=" + u.Home}, p.Env)
	return nil
}

// keepsGroups tells whether a service's processes have the groups of the user
// outside: with one id they cannot be taken away, and podman's keep-groups asks
// for it.
func (r *Runtime) keepsGroups(sc *supervisor.Container) bool {
	return r.singleID || slices.Contains(sc.Service.GroupAdd, project.KeepGroups)
}

// withoutKeep are the groups to be looked up.
func withoutKeep(groups []string) []string {
	return slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return g == project.KeepGroups })
}
