package rootless

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
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
	if UsePortable() {
		return askForRole(ctx, dirs, args, stdio, isolated, report)
	}
	b, err := bornInside(ctx, dirs, args, stdio, isolated, report)
	if err != nil {
		return 0, err
	}
	return await(ctx, b.pid, b.pidfd)
}

// askForRole has the user holder start the process. The lock keeps the holder
// alive until it has answered; other commands that need a holder wait meanwhile.
func askForRole(ctx context.Context, dirs state.Dirs, args []string, stdio [3]*os.File, isolated bool, report func(string)) (int, error) {
	c, err := ensureUserHolder(ctx, dirs, report)
	if err != nil {
		return 0, err
	}
	defer c.lock.Close()
	defer c.conn.Close()
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	defer stop()
	if err := c.conn.Send(userRequest{Role: args, Isolated: isolated}, stdio[:]...); err != nil {
		return 0, lost(ctx, err)
	}
	var answer userAnswer
	if _, err := c.conn.Receive(&answer); err != nil {
		return 0, lost(ctx, err)
	}
	if answer.Error != "" {
		return 0, errors.New(answer.Error)
	}
	return answer.Code, nil
}

// runRoleFor is the holder's side of it. A role whose client has gone ends by
// itself, when nobody reads its output.
func runRoleFor(req *userRequest, files []*os.File) (a userAnswer) {
	if len(files) != 3 {
		a.Error = fmt.Sprintf("%d files came for %s, wanted are 3", len(files), req.Role[0])
		return a
	}
	code, err := RunRole(context.Background(), req.Role, [3]*os.File(files), req.Isolated)
	if err != nil {
		a.Error = cause.Line(err)
	}
	a.Code = code
	return a
}

// bornInside keeps the user holder alive only until there is a process in its
// namespace, which then keeps that.
func bornInside(ctx context.Context, dirs state.Dirs, args []string, stdio [3]*os.File, isolated bool, report func(string)) (*born, error) {
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
