package egress

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
)

// fleeting is a relay for which an address belongs to a container only when it is
// looked at for the first time.
func fleeting() *Relay {
	set := carry.NewBounded(4, 4)
	looks := 0
	r := &Relay{dials: newDials(), joined: newJoined(), flows: carry.NewFlows[flow](set, 4), world: World{
		Carry:    set,
		InRouter: func(f func() error) error { return f() },
		Owner: func(netip.Addr) string {
			if looks++; looks > 1 {
				return ""
			}
			return "web-1"
		},
	}}
	r.view.Store(&view{})
	return r
}

var leaving = flow{netip.MustParseAddrPort("10.89.0.2:1000"), netip.MustParseAddrPort("198.18.0.2:7")}

// What an address begins while it is taken away does not outlive it.
func TestAddressLeavesMeanwhile(t *testing.T) {
	r := fleeting()
	r.datagram(leaving, []byte("x"))
	if n := r.flows.Len(); n != 0 {
		t.Errorf("%d flows are left", n)
	}

	r = fleeting()
	client, in := pairOf(t)
	out, server := pairOf(t)
	if s := r.dials.begin(leaving); s != begun {
		t.Fatal(s)
	}
	r.dials.connected(leaving, out)
	r.serve(in, leaving)
	for who, c := range map[string]*os.File{"service": client, "server": server} {
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("%s: %v, want a reset", who, err)
		}
	}
	if n := len(r.joined.of); n != 0 {
		t.Errorf("%d addresses have connections", n)
	}
}

// pairOf is a connection over loopback: its two ends.
func pairOf(t *testing.T) (a, b *os.File) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	x, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	y, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	return asFile(t, x), asFile(t, y)
}

// asFile is a connection as the relay has it: a file in the poller.
func asFile(t *testing.T, c *net.TCPConn) *os.File {
	t.Helper()
	defer c.Close()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	fd := -1
	if e := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 3) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	f := os.NewFile(uintptr(fd), "tcp") // non-blocking
	t.Cleanup(func() { f.Close() })
	return f
}
