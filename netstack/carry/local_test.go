package carry

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// What stays on the machine is not paced.
func TestCalm(t *testing.T) {
	_, c := join(t)
	raw, err := c.SyscallConn()
	must(t, err)
	set := func(name string) (err error) {
		must(t, raw.Control(func(fd uintptr) { err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name) }))
		return err
	}
	if set("bbr") != nil && set("cubic") != nil {
		t.Skip("no other congestion control than reno is allowed: see net.ipv4.tcp_allowed_congestion_control")
	}
	calm(raw)
	var got string
	must(t, raw.Control(func(fd uintptr) { got, err = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION) }))
	must(t, err)
	if got != "reno" {
		t.Errorf("congestion control is %q", got)
	}
}

func TestSameAddress(t *testing.T) {
	v4 := func(s string) unix.Sockaddr { return &unix.SockaddrInet4{Addr: [4]byte(net.ParseIP(s).To4())} }
	v6 := func(s string) unix.Sockaddr { return &unix.SockaddrInet6{Addr: [16]byte(net.ParseIP(s))} }
	for _, c := range []struct {
		a, b unix.Sockaddr
		want bool
	}{
		{v4("192.0.2.1"), v4("192.0.2.1"), true},
		{v4("192.0.2.1"), v4("192.0.2.2"), false},
		{v4("127.0.0.1"), v4("127.0.0.5"), true},
		{v6("2001:db8::1"), v6("2001:db8::1"), true},
		{v6("::ffff:192.0.2.1"), v4("192.0.2.1"), true},
		{v6("2001:db8::1"), v6("2001:db8::2"), false},
		{&unix.SockaddrUnix{}, &unix.SockaddrUnix{}, false},
	} {
		if got := sameAddress(c.a, c.b); got != c.want {
			t.Errorf("%v, %v: %t", c.a, c.b, got)
		}
	}
}
