package rootless

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// RunRole runs our own binary in a role of the command line's (see
// cmd/mocker-compose) and returns its exit code. The caller is in the user
// namespace already. isolated: in namespaces for internal/confine. The process
// is killed when ctx is done.
func RunRole(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
	fd := -1
	sys := &syscall.SysProcAttr{}
	if isolated {
		sys = confine.Attributes()
	}
	sys.PidFD = &fd
	attr := &syscall.ProcAttr{Dir: "/", Env: roleEnv(), Sys: sys}
	for _, f := range stdio {
		attr.Files = append(attr.Files, uintptr(wire.FD(f)))
	}
	pid, err := syscall.ForkExec("/proc/self/exe", roleArgs(args), attr)
	runtime.KeepAlive(stdio)
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", args[0], err)
	}
	return await(ctx, pid, pollable(fd))
}

// RunRoleInside is RunRole for the command line, which is outside of the user
// namespace: it joins that of the user holder, which is started if it does not run.
func RunRoleInside(ctx context.Context, dirs state.Dirs, args []string, stdio [3]*os.File, isolated bool, report func(string)) (int, error) {
	b, err := bornInside(ctx, dirs, args, stdio, isolated, report)
	if err != nil {
		return 0, err
	}
	return await(ctx, b.pid, b.pidfd)
}

// bornInside keeps the user holder alive only until there is a process in its
// namespace, which then keeps that.
func bornInside(ctx context.Context, dirs state.Dirs, args []string, stdio [3]*os.File, isolated bool, report func(string)) (*born, error) {
	if UsePortable() {
		return nil, errNoJoin
	}
	c, err := ensureUserHolder(ctx, dirs, report)
	if err != nil {
		return nil, err
	}
	defer c.lock.Close()
	defer c.conn.Close()
	holder, err := c.conn.PeerPidfd()
	if err != nil {
		return nil, err
	}
	defer holder.Close()
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	defer exe.Close()
	b, err := spawn(roleProgram(args, isolated), stdio, []*os.File{holder, exe}, &syscall.SysProcAttr{})
	if err != nil {
		return nil, err
	}
	if err := b.executed(); err != nil {
		b.kill()
		return nil, err
	}
	return b, nil
}

func roleProgram(args []string, isolated bool) *program.Program {
	p := &program.Program{}
	enterUserNamespace(p)
	p.Do("become id 0", unix.SYS_SETRESGID, 0, 0, 0)
	p.Do("become id 0", unix.SYS_SETRESUID, 0, 0, 0)
	if isolated {
		p.Do("own namespaces", unix.SYS_UNSHARE, int(confine.Attributes().Cloneflags)&^unix.CLONE_NEWNS)
		p.Fork() // the new pid namespace is for children
		p.Do("end with the parent", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL))
		p.Do("leave the terminal", unix.SYS_SETSID)
	}
	p.Do("enter /", unix.SYS_CHDIR, "/")
	p.Do("close the other descriptors", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("execute our own program", unix.SYS_EXECVEAT, 6, "", roleArgs(args), roleEnv(), unix.AT_EMPTY_PATH)
	return p
}

func roleArgs(args []string) []string {
	return append([]string{"mocker-compose", RoleArg}, args...)
}

// await waits for a child of ours and collects it.
func await(ctx context.Context, pid int, pidfd *os.File) (int, error) {
	defer pidfd.Close()
	stop := context.AfterFunc(ctx, func() { _ = sendSignal(pidfd, unix.SIGKILL) })
	waitReadable(pidfd)
	stop()
	var ws unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &ws, 0, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return ExitCode(ws), err
	}
}
