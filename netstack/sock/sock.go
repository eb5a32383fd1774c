// Package sock is the little that all of netstack needs of sockets: addresses in the
// kernel's terms, and descriptors that somebody else may close. In which namespace a
// socket is, is the affair of who makes it.
package sock

import (
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Family is the address family of sockets for an address.
func Family(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// Addr is an address as the kernel takes it. Of zones it knows those of [AddrPort].
func Addr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	zone, _ := strconv.ParseUint(a.Addr().Zone(), 10, 32) //nolint:errcheck // "" and names are no numbers
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: uint32(zone)}
}

// AddrPort reads an address of the kernel's; the zone is the interface's number. It is
// invalid if it is of neither family.
func AddrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		a := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			a = a.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return netip.AddrPortFrom(a, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// With runs f with the descriptor of a file, which is not closed meanwhile: a
// connection may still be made to a container that is being removed, and the
// number could by then mean another namespace.
func With(file *os.File, f func(fd int) error) error {
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
