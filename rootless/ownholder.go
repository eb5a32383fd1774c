package rootless

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// RoleOwnHolder is a holder that belongs to one process.
const RoleOwnHolder = "own-holder"

// StartOwnHolder starts a holder for this process alone, which is in the user namespace:
// a project holder in all but that it talks over a socket pair and ends, with all that
// it has started, when we do. On dir, which exists, lies its scratch tmpfs, in its own
// mount namespace; there is nothing of it that anybody would have to remove. keyring names its session
// keyring. It ends by Close of the client too.
func StartOwnHolder(dir, keyring string) (_ *HolderClient, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("start a holder: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "holder"), os.NewFile(uintptr(fds[1]), "holder")
	defer ours.Close()
	defer theirs.Close()
	conn, err := fileConn(ours)
	if err != nil {
		return nil, err
	}
	pidfd, err := forkOwnHolder(dir, keyring, theirs)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return newHolderClient(conn, pidfd, ownMountPoint(dir))
}

func fileConn(f *os.File) (*wire.Conn, error) {
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	uc, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.New("no unix socket")
	}
	return wire.NewConn(uc), nil
}

// forkOwnHolder starts the process, and returns when it is ready.
func forkOwnHolder(dir, keyring string, sock *os.File) (*os.File, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	fd := -1
	files := []*os.File{null, null, null, w, sock}
	attr := &syscall.ProcAttr{
		Dir: "/", Env: roleEnv(),
		Sys: &syscall.SysProcAttr{Setsid: true, Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS, PidFD: &fd},
	}
	for _, f := range files {
		attr.Files = append(attr.Files, uintptr(wire.FD(f)))
	}
	_, err = syscall.ForkExec("/proc/self/exe", roleArgs([]string{RoleOwnHolder, dir, keyring}), attr)
	runtime.KeepAlive(files)
	w.Close()
	if err != nil {
		return nil, cause.Born("start a holder", err, "pid", "mnt")
	}
	pidfd := pollable(fd)
	if err := awaitReady(r); err != nil {
		destroy(pidfd)
		return nil, fmt.Errorf("start a holder: %w", err)
	}
	return pidfd, nil
}

// ownMountPoint is where its sandboxes assemble their roots.
func ownMountPoint(dir string) string { return filepath.Join(dir, "root") }

// RunOwnHolder is the body of such a holder. It ends when the other end of sock is
// closed, and returns an exit code.
func RunOwnHolder(dir, keyring string, ready, sock *os.File) int {
	conn, h, err := newOwnHolder(dir, keyring, sock)
	if err != nil {
		fmt.Fprintln(ready, cause.Line(err))
		return 1
	}
	tellReady(ready)
	h.serve(conn)
	return 0
}

func newOwnHolder(dir, keyring string, sock *os.File) (*wire.Conn, *projectHolder, error) {
	unix.CloseOnExec(wire.FD(sock))
	conn, err := fileConn(sock)
	if err != nil {
		return nil, nil, err
	}
	sock.Close()
	h, err := furnish(dir, keyring)
	if err == nil {
		err = os.Mkdir(ownMountPoint(dir), 0o700)
	}
	return conn, h, err
}
