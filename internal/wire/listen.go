package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxSunPath is what sockaddr_un holds, less the closing NUL (unix(7)).
const maxSunPath = 107

// Listener accepts connections of our own user.
type Listener struct{ ul *net.UnixListener }

// Listen makes the socket at path, replacing a dead one. The directory must
// exist and be private to the user.
func Listen(path string) (*Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replace socket %s: %w", path, err)
	}
	addr, done, err := address(path)
	if err != nil {
		return nil, err
	}
	defer done()
	ul, err := net.ListenUnix("unix", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	ul.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		ul.Close()
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return &Listener{ul}, nil
}

// Accept waits for the next connection of our own user; others are closed unread.
func (l *Listener) Accept() (*Conn, error) {
	for {
		uc, err := l.ul.AcceptUnix()
		if err != nil {
			return nil, err
		}
		c := NewConn(uc)
		if cred, err := c.peer(); err == nil && int(cred.Uid) == os.Geteuid() {
			return c, nil
		}
		c.Close()
	}
}

// Close stops accepting; the socket's file stays for its owner to remove.
func (l *Listener) Close() error { return l.ul.Close() }

// Dial connects to the socket at path.
func Dial(ctx context.Context, path string) (*Conn, error) {
	addr, done, err := address(path)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", addr.Name)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", path, err)
	}
	return NewConn(nc.(*net.UnixConn)), nil
}

// address names path so that it fits sockaddr_un: a long one goes through an
// open descriptor of its directory.
func address(path string) (*net.UnixAddr, func(), error) {
	if len(path) <= maxSunPath {
		return &net.UnixAddr{Name: path, Net: "unix"}, func() {}, nil
	}
	fd, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket directory %s: %w", filepath.Dir(path), err)
	}
	short := fmt.Sprintf("/proc/self/fd/%d/%s", fd, filepath.Base(path))
	return &net.UnixAddr{Name: short, Net: "unix"}, func() { unix.Close(fd) }, nil
}
