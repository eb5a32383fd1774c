package egress

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// Options that are in no package (linux/in.h, linux/in6.h).
const (
	ipTransparent   = 19
	ipRecvOrigDst   = 20
	ipv6Transparent = 75
	ipv6RecvOrigDst = 74
)

// listen makes or adopts the four sockets and serves them.
func (r *Relay) listen() error {
	type socket struct {
		at   netip.Addr
		kind int
		port *uint16
	}
	loop4, loop6 := netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()
	sockets := map[string]socket{
		"@tcp4": {loop4, unix.SOCK_STREAM, &r.ports.TCP4}, "@tcp6": {loop6, unix.SOCK_STREAM, &r.ports.TCP6},
		"@udp4": {loop4, unix.SOCK_DGRAM, &r.ports.UDP4}, "@udp6": {loop6, unix.SOCK_DGRAM, &r.ports.UDP6},
	}
	open := map[string]func() (*os.File, error){}
	for name, s := range sockets {
		open["relay/"+name] = func() (*os.File, error) {
			f, err := transparent(name, s.kind, s.at)
			if s.at.Is6() && (errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL)) {
				return nil, nil //nolint:nilnil // no IPv6 in this kernel
			}
			return f, err
		}
	}
	files, err := r.world.Kept(open)
	if err != nil {
		return fmt.Errorf("sockets of the relay: %w", err)
	}
	for name, s := range sockets {
		f := files["relay/"+name]
		if f == nil {
			continue
		}
		*s.port, err = r.serveSocket(f, s.kind)
		f.Close()
		if err != nil {
			return fmt.Errorf("socket %s of the relay: %w", name, err)
		}
	}
	return nil
}

// serveSocket gives a duplicate to Go's poller and serves it until the relay ends.
func (r *Relay) serveSocket(f *os.File, kind int) (port uint16, err error) {
	fd := -1
	var sa unix.Sockaddr
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	if e := raw.Control(func(old uintptr) {
		if sa, err = unix.Getsockname(int(old)); err == nil {
			fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 3)
		}
		if err == nil {
			err = unix.SetNonblock(fd, true)
		}
	}); e != nil {
		return 0, e
	}
	if err != nil {
		return 0, err
	}
	own := os.NewFile(uintptr(fd), f.Name())
	context.AfterFunc(r.ctx, func() { own.Close() })
	if kind == unix.SOCK_STREAM {
		r.wg.Go(func() { r.accept(own) })
	} else {
		r.wg.Go(func() { r.datagrams(own) })
	}
	return sock.AddrPort(sa).Port(), nil
}

// transparent makes a socket to which tproxy can lead packets, in the calling
// thread's namespace. It is blocking: what is kept must not be changed by a poller
// before it is kept.
func transparent(name string, kind int, at netip.Addr) (*os.File, error) {
	family := sock.Family(at)
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "relay/"+name)
	err = setTransparent(fd, family)
	if err == nil && kind == unix.SOCK_DGRAM {
		err = recvOrigDst(fd, family)
	}
	if err == nil && kind == unix.SOCK_STREAM {
		err = streamOptions(fd)
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, sock.Addr(netip.AddrPortFrom(at, 0))))
	}
	if err == nil && kind == unix.SOCK_STREAM {
		err = os.NewSyscallError("listen", unix.Listen(fd, 4096))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// setTransparent lets a socket have an address that is not the machine's (ip(7)).
func setTransparent(fd, family int) error {
	if family == unix.AF_INET6 {
		return os.NewSyscallError("setsockopt IPV6_TRANSPARENT", unix.SetsockoptInt(fd, unix.SOL_IPV6, ipv6Transparent, 1))
	}
	return os.NewSyscallError("setsockopt IP_TRANSPARENT", unix.SetsockoptInt(fd, unix.SOL_IP, ipTransparent, 1))
}

// streamOptions are those of every connection; accepted ones inherit them. Peers that are gone
// without a word are found, but rarely looked for: an idle connection should cost
// nothing.
func streamOptions(fd int) error {
	for _, o := range []struct{ level, name, value int }{
		{unix.SOL_TCP, unix.TCP_NODELAY, 1}, {unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.SOL_TCP, unix.TCP_KEEPIDLE, 300}, {unix.SOL_TCP, unix.TCP_KEEPINTVL, 30}, {unix.SOL_TCP, unix.TCP_KEEPCNT, 6},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return nil
}

// recvOrigDst asks for each datagram's destination (IP_RECVORIGDSTADDR).
func recvOrigDst(fd, family int) error {
	if family == unix.AF_INET6 {
		return os.NewSyscallError("setsockopt IPV6_RECVORIGDSTADDR", unix.SetsockoptInt(fd, unix.SOL_IPV6, ipv6RecvOrigDst, 1))
	}
	return os.NewSyscallError("setsockopt IP_RECVORIGDSTADDR", unix.SetsockoptInt(fd, unix.SOL_IP, ipRecvOrigDst, 1))
}
