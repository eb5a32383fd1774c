package carry

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// What a stranger sends before a socket has its peer is not taken for the peer's.
func TestDeafUntilConnected(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		must(t, err)
		defer unix.Close(fd)
		if deaf {
			must(t, Deafen(fd))
		}
		must(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
		at, err := unix.Getsockname(fd)
		must(t, err)
		own := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.(*unix.SockaddrInet4).Port}
		stranger, peer := udp(t), udp(t)
		_, err = stranger.WriteTo([]byte("stranger"), own)
		must(t, err)
		must(t, unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: peer.LocalAddr().(*net.UDPAddr).Port}))
		if deaf {
			must(t, Undeafen(fd))
		}
		_, err = peer.WriteTo([]byte("peer"), own)
		must(t, err)
		buf := make([]byte, 16)
		n, err := unix.Read(fd, buf) // on the loopback sending delivers
		must(t, err)
		if want := map[bool]string{false: "stranger", true: "peer"}[deaf]; string(buf[:n]) != want {
			t.Errorf("deaf %t: the first is %q, want %q", deaf, buf[:n], want)
		}
	}
}
