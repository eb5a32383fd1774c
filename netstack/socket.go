package netstack

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// A socket belongs for ever to the net namespace of the thread that made it.
// So only the system call socket(2) has to happen on the worker; everything
// after it is done by ordinary goroutines through Go's poller.

// newSocket makes a socket in the caller's namespace, blocking: os.NewFile gives
// any other to the poller, where only the duplicate belongs that is served.
func newSocket(family, kind int) (int, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	return fd, os.NewSyscallError("socket", err)
}

// listenStream makes a listening TCP socket at a in the caller's namespace.
// IPv6 sockets are v6 only: the IPv4 one is made apart.
func listenStream(a netip.AddrPort) (*os.File, error) {
	fd, err := newSocket(sock.Family(a.Addr()), unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "tcp "+a.String())
	if err := listenOn(fd, a); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func listenOn(fd int, a netip.AddrPort) error {
	if a.Addr().Is6() {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return os.NewSyscallError("setsockopt IPV6_V6ONLY", err)
		}
	}
	// Connections of a listener that went before may still be in TIME_WAIT.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return os.NewSyscallError("setsockopt SO_REUSEADDR", err)
	}
	if err := unix.Bind(fd, sock.Addr(a)); err != nil {
		return os.NewSyscallError("bind", err)
	}
	// The kernel lowers it to net.core.somaxconn.
	return os.NewSyscallError("listen", unix.Listen(fd, 4096))
}

// listenPacket makes a UDP socket bound to a in the caller's namespace.
func listenPacket(a netip.AddrPort) (*os.File, error) {
	fd, err := newSocket(sock.Family(a.Addr()), unix.SOCK_DGRAM)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "udp "+a.String())
	if err := unix.Bind(fd, sock.Addr(a)); err != nil {
		f.Close()
		return nil, os.NewSyscallError("bind", err)
	}
	return f, nil
}

// tcpListener gives the socket in f to Go's poller; f stays the caller's.
func tcpListener(f *os.File) (*net.TCPListener, error) {
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("listener %s: %w", f.Name(), err)
	}
	tl, ok := l.(*net.TCPListener)
	if !ok {
		l.Close()
		return nil, fmt.Errorf("listener %s: is %s, not tcp", f.Name(), l.Addr().Network())
	}
	return tl, nil
}

// udpConn gives the socket in f to Go's poller; f stays the caller's.
func udpConn(f *os.File) (*net.UDPConn, error) {
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, fmt.Errorf("socket %s: %w", f.Name(), err)
	}
	uc, ok := c.(*net.UDPConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("socket %s: is not udp", f.Name())
	}
	return uc, nil
}

// dialStream connects from inside ns to a, waiting at most timeout.
func (w *worker) dialStream(ns *os.File, a netip.AddrPort, timeout time.Duration) (*net.TCPConn, error) {
	fd := -1
	err := w.do(ns, func() (err error) {
		fd, err = newSocket(sock.Family(a.Addr()), unix.SOCK_STREAM|unix.SOCK_NONBLOCK)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = unix.Connect(fd, sock.Addr(a))
	f := os.NewFile(uintptr(fd), "tcp to "+a.String())
	defer f.Close()
	if err != nil {
		if !errors.Is(err, unix.EINPROGRESS) {
			return nil, os.NewSyscallError("connect", err)
		}
		if err := awaitConnect(f, timeout); err != nil {
			return nil, err
		}
	}
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	tc, ok := c.(*net.TCPConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("connection to %s: is not tcp", a)
	}
	return tc, nil
}

// awaitConnect waits until the connection attempt on f is decided (connect(2),
// EINPROGRESS).
func awaitConnect(f *os.File, timeout time.Duration) error {
	if err := f.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var verdict error
	err = raw.Write(func(fd uintptr) bool {
		code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil || code != 0 {
			verdict = errors.Join(err, errno(code))
			return true
		}
		// No error yet, and no peer: still under way.
		_, err = unix.Getpeername(int(fd))
		return err == nil
	})
	if verdict != nil {
		return os.NewSyscallError("connect", verdict)
	}
	return err
}

func errno(code int) error {
	if code == 0 {
		return nil
	}
	return unix.Errno(code)
}
