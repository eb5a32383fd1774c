package ports

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// What has become of a connection before we look is told as it is: one that was
// accepted and reset is not one that was refused.
func TestEndedBeforeWeLook(t *testing.T) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer l.Close()
	to := l.Addr().(*net.TCPAddr).AddrPort()
	reset := func(c *net.TCPConn) { must(t, c.SetLinger(0)); must(t, c.Close()) }
	for _, c := range []struct {
		what string
		does func(c *net.TCPConn)
		want error
	}{
		{"waits", func(*net.TCPConn) {}, nil},
		{"ends", func(c *net.TCPConn) { must(t, c.CloseWrite()) }, nil},
		{"resets", reset, errEnded},
		{"ends and resets", func(c *net.TCPConn) { must(t, c.CloseWrite()); reset(c) }, errEnded},
	} {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		must(t, err)
		if err := unix.Connect(fd, sock.Addr(to)); err != unix.EINPROGRESS {
			t.Fatal(err)
		}
		srv, err := l.AcceptTCP()
		must(t, err)
		c.does(srv)
		if err := connecting(fd, to); !errors.Is(err, c.want) {
			t.Errorf("the service %s: %v, want %v", c.what, err, c.want)
		}
		unix.Close(fd)
		srv.Close()
	}
}

// A service that resets its clients gets each of them once.
func TestResetIsNotTriedAgain(t *testing.T) {
	table := oneNamespace(t)
	if table == nil {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.2:80")
	must(t, err)
	defer l.Close()
	var accepted atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			_ = c.(*net.TCPConn).SetLinger(0) // fails only if it is reset already
			c.Close()
		}
	}()
	_, err = table.Publish(web("web-1"), spec)
	must(t, err)
	settles(t, "the door is open", func() bool { return !refusedNow(t) })
	settles(t, "that one has ended", func() bool { return table.w.Set.Taken() == 0 })
	before := accepted.Load()
	const clients = 200
	for range clients {
		if err := visit(t); !errors.Is(err, unix.ECONNRESET) {
			t.Fatalf("a client sees %v, want a reset", err)
		}
	}
	settles(t, "all have ended", func() bool { return table.w.Set.Taken() == 0 })
	if n := accepted.Load() - before; n != clients {
		t.Errorf("the service has seen %d connections of %d clients", n, clients)
	}
}

// A container that leaves while a client is being connected to it does not keep
// the connection.
func TestLeavesWhileAClientComes(t *testing.T) {
	table := oneNamespace(t)
	if table == nil {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:80")
	must(t, err)
	defer l.Close()
	// Without an address it is asked in its namespace: there we come between.
	ns, err := os.Open("/proc/self/ns/net")
	must(t, err)
	defer ns.Close()
	var armed atomic.Bool
	table.w.In = func(at *os.File, f func() error) error {
		if at == ns && armed.CompareAndSwap(true, false) {
			if err := table.Leave("web-1", false); err != nil {
				t.Error(err)
			}
		}
		return f()
	}
	_, err = table.Publish(Member{ID: "web-1", NS: ns, Own: func(netip.Addr) bool { return false }}, spec)
	must(t, err)
	door := table.doors[0]
	settles(t, "the door is open", func() bool {
		door.mu.Lock()
		defer door.mu.Unlock()
		return door.state == open
	})
	armed.Store(true)
	client, err := net.Dial("tcp", "127.0.0.1:8080")
	must(t, err)
	defer client.Close()
	server, err := l.Accept()
	must(t, err)
	defer server.Close()
	must(t, server.SetDeadline(time.Now().Add(patience)))
	must(t, client.SetDeadline(time.Now().Add(patience)))
	if b, err := io.ReadAll(server); len(b) != 0 || err != nil {
		t.Errorf("service: %q, %v, want the end", b, err)
	}
	server.Close()
	if b, err := io.ReadAll(client); len(b) != 0 || err != nil {
		t.Errorf("client: %q, %v, want the end", b, err)
	}
	settles(t, "nothing is carried", func() bool { return table.w.Set.Taken() == 0 })
}
