package host

import (
	"context"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/host/ocispec"
	"github.com/mocker-compose/mocker-compose/internal/host/terminal"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Exec executes a command in a running container. The caller says that it was
// an exec, and in which container.
func (r *Runtime) Exec(ctx context.Context, sc *supervisor.Container, spec supervisor.ExecSpec, files [3]*os.File) (*supervisor.Run, *os.File, error) {
	c := r.lookup(sc.Name)
	if c == nil || c.run == nil || c.run.Pidfd == nil {
		return nil, nil, kernel.ErrNotRunning
	}
	root, err := sandbox.Root(c.run.Pidfd)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	v, err := r.view(c, sc)
	if err != nil {
		return nil, nil, err
	}
	p, err := v.Command(sc, spec, root)
	if err != nil {
		return nil, nil, err
	}
	var code seccomp.Program
	if !spec.Privileged {
		if code, err = ocispec.Filter(&sc.Service, p.Capabilities.Bounding); err != nil {
			return nil, nil, err
		}
	}
	var master *os.File
	if spec.TTY {
		slave, m, err := terminal.Inside(root, spec.Rows, spec.Cols)
		if err != nil {
			return nil, nil, stageError("terminal", sc.Name, err)
		}
		defer slave.Close()
		master, files = m, [3]*os.File{slave, slave, slave}
	}
	ns, err := r.userNS(ctx, c.rec.Own)
	if err != nil {
		return nil, nil, stageError("own files", sc.Name, err)
	}
	group, leave, err := r.groups.Enter(ctx, c.run.Name)
	if err != nil {
		return nil, nil, err
	}
	defer leave()
	prepared := sandbox.Join(sandbox.Command{
		Cgroup: group, UserNS: ns, Process: p, Pidfd: c.run.Pidfd, Filter: code, LateFilter: ocispec.OwnFilter(&sc.Service), SingleID: r.singleID, KeepGroups: r.keepsGroups(sc), Keyring: r.keyring, Host: ofHost(sc), HostNet: c.rec.HostNet,
	})
	child, err := r.start(ctx, r.execName(c, spec.Detach), prepared, files)
	if err != nil {
		if master != nil {
			master.Close()
		}
		return nil, nil, err
	}
	return r.execRun(child), master, nil
}

func (r *Runtime) execName(c *container, detached bool) string {
	kind := "exec"
	if detached {
		kind = "execd"
	}
	// The pid keeps the names of two supervisors' children apart.
	return fmt.Sprintf("%s/%s-%d.%d", c.name, kind, os.Getpid(), r.execs.Add(1))
}
