package rootless

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// born is a process that a program has put into the user namespace.
type born struct {
	pid    int
	pidfd  *os.File
	status *os.File // what the program reports; EOF = executed
	prog   *program.Program
}

// spawn starts prog as a child of ours. extra become descriptors 5, 6, ... of
// it; 3 is the program, 4 the status.
func spawn(prog *program.Program, stdio [3]*os.File, extra []*os.File, sys *syscall.SysProcAttr) (*born, error) {
	portable := UsePortable()
	img, err := prog.Image(4, portable)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	fd := -1
	sys.PidFD = &fd
	files := append([]*os.File{stdio[0], stdio[1], stdio[2], img, w}, extra...)
	attr := &syscall.ProcAttr{Env: []string{}, Sys: sys}
	for _, f := range files {
		attr.Files = append(attr.Files, uintptr(wire.FD(f)))
	}
	path, argv := "/proc/self/fd/3", []string{"mocker-compose"}
	if portable {
		path, argv = "/proc/self/exe", []string{"mocker-compose", RoleArg, RoleProgram}
	}
	pid, err := syscall.ForkExec(path, argv, attr)
	runtime.KeepAlive(files)
	if err != nil {
		r.Close()
		return nil, err
	}
	return &born{pid: pid, pidfd: pollable(fd), status: r, prog: prog}, nil
}

// UsePortable tells whether programs run in Go: without a stub for this
// architecture, or when a test wants it.
func UsePortable() bool {
	return !program.HasStub || os.Getenv("MOCKER_FORCE_PORTABLE") != ""
}

// executed waits for the end of the set-up.
func (b *born) executed() error {
	defer b.status.Close()
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(b.status); err != nil {
		return err
	}
	if buf.Len() == 0 {
		return nil
	}
	if f, ok := program.ParseFailure(buf.Bytes()); ok {
		return fmt.Errorf("%s: %w", b.prog.What(f.Step), f.Errno)
	}
	return fmt.Errorf("set-up of the user namespace: unreadable report")
}

// kill ends a child whose set-up failed.
func (b *born) kill() { destroy(b.pidfd) }

// createUserNamespace starts our binary in role, in a new user and mount
// namespace with the given maps. ready goes to it as descriptor 3.
//
//	parent                              child (the stub)
//	clone NEWUSER|NEWNS        ──────▶  read one byte, the maps are not there yet
//	write maps, read them back
//	one byte                   ──────▶  execve: only now, as id 0, it gets all
//	                                    capabilities of U (those of clone went with
//	                                    the first execve, when it was nobody)
func createUserNamespace(ctx context.Context, maps IDMaps, argv []string, ready *os.File) error {
	goR, goW, err := blockingPipe()
	if err != nil {
		return err
	}
	defer goW.Close()
	defer goR.Close()
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer exe.Close()
	var p program.Program
	p.Do("wait for the id maps", unix.SYS_READ, 5, p.Bytes(make([]byte, 8)), 1)
	execHolder(&p, argv)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	sys := &syscall.SysProcAttr{Setsid: true, Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS}
	b, err := spawnUser(&p, [3]*os.File{null, null, null}, []*os.File{goR, exe, ready}, sys)
	if err != nil {
		return err
	}
	if err := maps.write(ctx, b.pid); err != nil {
		b.kill()
		return err
	}
	if _, err := goW.Write([]byte{1}); err != nil {
		b.kill()
		return err
	}
	return explainRights(b.executed())
}

// spawnUser is spawn with a new user namespace.
func spawnUser(p *program.Program, stdio [3]*os.File, extra []*os.File, sys *syscall.SysProcAttr) (*born, error) {
	err := cause.Forced("userns")
	if err == nil {
		var b *born
		if b, err = spawn(p, stdio, extra, sys); err == nil {
			return b, nil
		}
	}
	return nil, explainUserns(err)
}

// blockingPipe is a pipe for a process that is not Go: os.Pipe's ends do not block.
func blockingPipe() (r, w *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// joinUserNamespace starts our binary in role inside the namespaces of a
// process that outlived the user holder.
func joinUserNamespace(survivor *os.File, argv []string, ready *os.File) error {
	if UsePortable() {
		return errNoJoin
	}
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer exe.Close()
	var p program.Program
	enterUserNamespace(&p)
	execHolder(&p, argv)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	b, err := spawn(&p, [3]*os.File{null, null, null}, []*os.File{survivor, exe, ready}, &syscall.SysProcAttr{Setsid: true})
	if err != nil {
		return err
	}
	return b.executed()
}

// errNoJoin: a program that runs in Go has several threads, and cannot join a
// user namespace (setns(2)).
var errNoJoin = errors.New("a user namespace that exists can be entered on amd64 and arm64 only: run mocker-compose down for each project, then up")

// enterUserNamespace joins the user namespace of the process whose pidfd is
// descriptor 5 (setns(2), Linux 5.8). The mount namespace is a new copy of the
// caller's: the survivor may be a project holder, whose /proc is not ours.
func enterUserNamespace(p *program.Program) {
	p.Do("join the user namespace", unix.SYS_SETNS, 5, unix.CLONE_NEWUSER)
	p.Do("own mount namespace", unix.SYS_UNSHARE, unix.CLONE_NEWNS)
}

// execHolder executes our binary (descriptor 6) as id 0, with 7 as its
// descriptor 3 and nothing else open.
func execHolder(p *program.Program, argv []string) {
	p.Do("become id 0", unix.SYS_SETRESGID, 0, 0, 0)
	p.Do("become id 0", unix.SYS_SETRESUID, 0, 0, 0)
	p.Do("enter /", unix.SYS_CHDIR, "/")
	p.Do("pass the ready pipe", unix.SYS_DUP3, 7, 3, 0)
	p.Do("close the other descriptors", unix.SYS_CLOSE_RANGE, 4, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("execute the holder", unix.SYS_EXECVEAT, 6, "", argv, roleEnv(), unix.AT_EMPTY_PATH)
}

// explainUserns says what is in the way of a user namespace.
func explainUserns(err error) error {
	return &cause.Error{Doing: "create a user namespace", Err: err, Cause: cause.UserNamespace(cause.Here(), err)}
}

// explainRights says what took the rights away that id 0 has in a new user namespace.
func explainRights(err error) error {
	if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return err
	}
	return &cause.Error{Doing: "use the new user namespace", Err: err, Cause: cause.UserNamespace(cause.Here(), err)}
}

// execInside runs argv in the user namespace of the process behind survivor and
// returns its exit code: `mocker-compose unshare`.
func execInside(survivor *os.File, argv, env []string, dir string, stdio [3]*os.File) (int, error) {
	if UsePortable() {
		return 0, errNoJoin
	}
	var p program.Program
	enterUserNamespace(&p)
	p.Do("become id 0", unix.SYS_SETRESGID, 0, 0, 0)
	p.Do("become id 0", unix.SYS_SETRESUID, 0, 0, 0)
	p.Do("enter "+dir, unix.SYS_CHDIR, dir)
	p.Do("close the other descriptors", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("execute "+argv[0], unix.SYS_EXECVE, argv[0], argv, env)
	b, err := spawn(&p, stdio, []*os.File{survivor}, &syscall.SysProcAttr{})
	if err != nil {
		return 0, err
	}
	defer b.pidfd.Close()
	if err := b.executed(); err != nil {
		b.kill()
		return 0, err
	}
	waitReadable(b.pidfd)
	var ws unix.WaitStatus
	if _, err := unix.Wait4(b.pid, &ws, 0, nil); err != nil {
		return 0, err
	}
	return ExitCode(ws), nil
}

// ExitCode is a wait status as the shell has it: 128+signal when killed.
func ExitCode(ws unix.WaitStatus) int {
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}
