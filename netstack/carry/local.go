package carry

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// CalmLocal has outside sockets whose other end is on this machine send without
// pacing, where the host's congestion control paces (BBR): timers that hold back
// packets which meet no wire. It is called before the first [Set.Pair].
func (s *Set) CalmLocal() { s.calmLocal = true }

// calm does it for one socket. Whatever fails leaves it as it was.
func calm(c syscall.RawConn) {
	_ = c.Control(func(fd uintptr) { // fails only on a closed connection
		own, err := unix.Getsockname(int(fd))
		if err != nil {
			return
		}
		peer, err := unix.Getpeername(int(fd))
		if err == nil && sameAddress(own, peer) {
			_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno")
		}
	})
}

// sameAddress tells that both ends are one address, or the loopback's: then no
// packet leaves the machine. A connection between two others of its addresses is
// not recognised.
func sameAddress(a, b unix.Sockaddr) bool {
	x, y := sock.AddrPort(a).Addr().Unmap(), sock.AddrPort(b).Addr().Unmap()
	return x.IsValid() && (x == y || x.IsLoopback() && y.IsLoopback())
}
