package ocispec

import (
	"fmt"
	"os"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// SetUser fills in the user by the container's own passwd and group (root is
// its root directory), and HOME. Errors name the user.
func (v *View) SetUser(sc *kernel.Container, root *os.File, p *specs.Process) error {
	u, err := userspec.InRoot(root, sc.Service.User, withoutKeep(sc.Service.GroupAdd))
	if err != nil {
		return err
	}
	if v.SingleID && (u.UID != 0 || u.GID != 0) {
		return &cause.Error{Doing: "user " + sc.Service.User, Err: fmt.Errorf("id %d:%d does not exist here, only 0:0 (you) does", u.UID, u.GID), Cause: cause.NoIDs(cause.Here())}
	}
	if v.HostRoot {
		u.Home = "/tmp" // the home directories of the host cannot be written to
	}
	p.User = specs.User{UID: u.UID, GID: u.GID, AdditionalGids: u.Groups, Umask: sc.Service.Umask}
	p.Env = MergeEnv([]string{"HOME=" + u.Home}, p.Env)
	return nil
}

// withoutKeep are the groups to be looked up.
func withoutKeep(groups []string) []string {
	return slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return g == project.KeepGroups })
}

// KeepsGroups tells whether a service's processes have the groups of the user
// outside: with one id they cannot be taken away, and podman's keep-groups asks
// for it.
func KeepsGroups(svc *project.Service, singleID bool) bool {
	return singleID || slices.Contains(svc.GroupAdd, project.KeepGroups)
}
