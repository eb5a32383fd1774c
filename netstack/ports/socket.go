package ports

import (
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// bindSocket makes a socket of the host that is bound to at. A TCP socket does
// not listen yet. IPv6 sockets are v6 only: the IPv4 one is made apart. It is
// blocking until it is served: what is kept is kept as it was made.
func bindSocket(protocol string, at netip.AddrPort) (*os.File, error) {
	kind := unix.SOCK_STREAM
	if protocol == UDP {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(sock.Family(at.Addr()), kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), protocol+" "+at.String())
	if err := configure(fd, protocol, at); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func configure(fd int, protocol string, at netip.AddrPort) error {
	var err error
	set := func(level, name, value int) {
		if err == nil {
			err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, name, value))
		}
	}
	v6 := at.Addr().Is6()
	if v6 {
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	switch {
	case protocol == TCP:
		// Connections of a listener that went before may still be in TIME_WAIT.
		set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		// The rest is inherited by what is accepted. A client that vanished is found
		// out after some minutes, as the service itself cannot see it any more.
		set(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		set(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 120)
		set(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 30)
		set(unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4)
	case v6:
		set(unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	default:
		set(unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
	}
	if err != nil {
		return err
	}
	return os.NewSyscallError("bind", unix.Bind(fd, sock.Addr(at)))
}

// served is a duplicate of f in Go's poller. The mode is shared by all
// duplicates, and the poller's must be the last word.
func served(f *os.File) (*os.File, error) {
	fd := -1
	err := sock.With(f, func(old int) (err error) {
		if fd, err = unix.FcntlInt(uintptr(old), unix.F_DUPFD_CLOEXEC, 3); err != nil {
			return err
		}
		return unix.SetNonblock(fd, true)
	})
	if err != nil {
		return nil, fmt.Errorf("duplicate %s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// localAddr is the address that a socket is bound to.
func localAddr(f *os.File) (netip.AddrPort, error) {
	var sa unix.Sockaddr
	err := sock.With(f, func(fd int) (err error) {
		sa, err = unix.Getsockname(fd)
		return err
	})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("socket %s: getsockname: %w", f.Name(), err)
	}
	at := sock.AddrPort(sa)
	if !at.IsValid() {
		return at, fmt.Errorf("socket %s is neither IPv4 nor IPv6", f.Name())
	}
	return at, nil
}
