package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Exec executes a command in a running container. The caller says that it was
// an exec, and in which container.
func (r *Runtime) Exec(ctx context.Context, sc *supervisor.Container, spec supervisor.ExecSpec, files [3]*os.File) (*supervisor.Run, *os.File, error) {
	c := r.lookup(sc.Name)
	if c == nil || c.run == nil || c.run.Pidfd == nil {
		return nil, nil, errors.New("the container does not run")
	}
	root, err := sandbox.Root(c.run.Pidfd)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	p, err := r.execProcess(c, sc, spec, root)
	if err != nil {
		return nil, nil, err
	}
	var code seccomp.Program
	if !spec.Privileged {
		if code, err = filter(&sc.Service, p.Capabilities.Bounding); err != nil {
			return nil, nil, err
		}
	}
	var master *os.File
	if spec.TTY {
		slave, m, err := insideTerminal(root, spec.Rows, spec.Cols)
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
		Cgroup: group, UserNS: ns, Process: p, Pidfd: c.run.Pidfd, Filter: code, LateFilter: ownFilter(&sc.Service), SingleID: r.singleID, KeepGroups: r.keepsGroups(sc), Keyring: r.keyring, Host: ofHost(sc), HostNet: c.rec.HostNet,
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

func (r *Runtime) execProcess(c *container, sc *supervisor.Container, spec supervisor.ExecSpec, root *os.File) (*specs.Process, error) {
	p, err := r.process(c, sc)
	if err != nil {
		return nil, err
	}
	who := sc.Service.User
	if spec.User != "" {
		who = spec.User
	}
	user := *sc
	user.Service.User = who
	if err := r.setUser(c, &user, root, p); err != nil {
		return nil, err
	}
	p.Args = spec.Args
	p.Env = mergeEnv(p.Env, spec.Env)
	p.Terminal = spec.TTY
	if spec.TTY {
		p.Env = mergeEnv([]string{"TERM=xterm"}, p.Env)
	}
	if spec.WorkingDir != "" {
		p.Cwd = spec.WorkingDir
	}
	if spec.Privileged {
		all := capability.All()
		p.Capabilities = &specs.LinuxCapabilities{Bounding: all, Permitted: all, Effective: all}
	}
	return p, nil
}

func (r *Runtime) execName(c *container, detached bool) string {
	kind := "exec"
	if detached {
		kind = "execd"
	}
	// The pid keeps the names of two supervisors' children apart.
	return fmt.Sprintf("%s/%s-%d.%d", c.name, kind, os.Getpid(), r.execs.Add(1))
}

// insideTerminal makes a pseudo terminal in the container's own devpts.
// What runs inside may have put something else in its place: it must be a
// character device 5:2, on a devpts.
func insideTerminal(root *os.File, rows, cols uint16) (slave, master *os.File, err error) {
	path, err := safepath.OpenInRoot(root, "/dev/pts/ptmx", unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return nil, nil, err
	}
	defer path.Close()
	var st unix.Stat_t
	var fs unix.Statfs_t
	raw, err := path.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	cerr := raw.Control(func(fd uintptr) {
		if err = unix.Fstat(int(fd), &st); err != nil {
			return
		}
		if err = unix.Fstatfs(int(fd), &fs); err != nil {
			return
		}
		if st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(5, 2) || fs.Type != unix.DEVPTS_SUPER_MAGIC {
			err = errors.New("/dev/pts/ptmx of the container is not a terminal multiplexer")
			return
		}
		master, err = os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), os.O_RDWR|unix.O_NOCTTY, 0)
	})
	if err = errors.Join(cerr, err); err != nil {
		return nil, nil, err
	}
	if slave, err = openSlave(master); err != nil {
		master.Close()
		return nil, nil, err
	}
	resize(master, rows, cols)
	return slave, master, nil
}

// resize sets a terminal's size; nothing is lost when it cannot.
func resize(master *os.File, rows, cols uint16) {
	raw, err := master.SyscallConn()
	if err != nil || rows == 0 || cols == 0 {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	})
}
