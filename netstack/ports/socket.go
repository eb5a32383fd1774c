package ports

import (
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zoneID(a.Addr())}
}

func addrOf(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		a := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			a = a.WithZone(fmt.Sprint(sa.ZoneId))
		}
		return netip.AddrPortFrom(a, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// zoneID is the number of an interface: the only zones here are those of addrOf.
func zoneID(a netip.Addr) (id uint32) {
	for _, c := range a.Zone() {
		if c < '0' || c > '9' {
			return 0
		}
		id = id*10 + uint32(c-'0')
	}
	return id
}

// bindSocket makes a socket of the host that is bound to at. A TCP socket does
// not listen yet. IPv6 sockets are v6 only: the IPv4 one is made apart. It is
// blocking until it is served: what is kept is kept as it was made.
func bindSocket(protocol string, at netip.AddrPort) (*os.File, error) {
	kind := unix.SOCK_STREAM
	if protocol == UDP {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(familyOf(at.Addr()), kind|unix.SOCK_CLOEXEC, 0)
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
	return os.NewSyscallError("bind", unix.Bind(fd, sockaddr(at)))
}

// served is a duplicate of f in Go's poller. The mode is shared by all
// duplicates, and the poller's must be the last word.
func served(f *os.File) (*os.File, error) {
	fd := -1
	err := withFD(f, func(old int) (err error) {
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
	err := withFD(f, func(fd int) (err error) {
		sa, err = unix.Getsockname(fd)
		return err
	})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("socket %s: getsockname: %w", f.Name(), err)
	}
	at := addrOf(sa)
	if !at.IsValid() {
		return at, fmt.Errorf("socket %s is neither IPv4 nor IPv6", f.Name())
	}
	return at, nil
}

// withFD runs f with the descriptor, which is not closed meanwhile.
func withFD(file *os.File, f func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
