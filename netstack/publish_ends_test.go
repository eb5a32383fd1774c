package netstack

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// published makes a service that listens on port 80, and publishes it.
func published(t *testing.T, s *Stack) (*net.TCPListener, string) {
	t.Helper()
	ensure(t, s, Network{Name: "n"})
	web := service(t, s, "web-1", "n")
	var l *net.TCPListener
	visit(t, web.NS(), func() (err error) {
		l, err = net.ListenTCP("tcp", &net.TCPAddr{Port: 80})
		return err
	})
	t.Cleanup(func() { l.Close() })
	p, err := s.Publish("web-1", PortSpec{HostIP: "127.0.0.1", Target: 80})
	must(t, err)
	opened(t, hostAddr(p))
	c, err := l.Accept() // that of opened
	must(t, err)
	c.Close()
	return l, hostAddr(p)
}

// connect opens a connection and returns both ends.
func connect(t *testing.T, l *net.TCPListener, addr string) (client, service *net.TCPConn) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	service, err = l.AcceptTCP()
	must(t, err)
	t.Cleanup(func() { service.Close() })
	must(t, c.SetDeadline(time.Now().Add(patience)))
	must(t, service.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn), service
}

// Either side may end first, and each end is passed on as what it was.
func TestRelayEnds(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	l, addr := published(t, s)
	pair := func() (client, srv *net.TCPConn) {
		t.Helper()
		return connect(t, l, addr)
	}
	t.Run("service ends first, client goes on", func(t *testing.T) {
		c, srv := pair()
		defer c.Close()
		defer srv.Close()
		must(t, srv.CloseWrite())
		if b, err := io.ReadAll(c); len(b) != 0 || err != nil {
			t.Fatalf("client: %q, %v", b, err)
		}
		if _, err := io.WriteString(c, "after the end"); err != nil {
			t.Fatal(err)
		}
		must(t, c.CloseWrite())
		if b, err := io.ReadAll(srv); string(b) != "after the end" || err != nil {
			t.Errorf("service: %q, %v", b, err)
		}
	})
	t.Run("client resets", func(t *testing.T) {
		c, srv := pair()
		defer srv.Close()
		must(t, c.SetLinger(0))
		must(t, c.Close())
		if _, err := io.ReadAll(srv); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("service: %v", err)
		}
	})
	t.Run("service resets", func(t *testing.T) {
		c, srv := pair()
		defer c.Close()
		must(t, srv.SetLinger(0))
		must(t, srv.Close())
		if _, err := io.ReadAll(c); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("client: %v", err)
		}
	})
	t.Run("last words after unpublish", func(t *testing.T) {
		c, srv := pair()
		defer c.Close()
		words := bytes.Repeat([]byte("last words "), 50_000)
		got := make(chan []byte)
		if _, err := io.WriteString(srv, "first "); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = srv.Write(words) // checked by what arrives
			srv.Close()
		}()
		buf := make([]byte, 6)
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Fatal(err)
		}
		must(t, s.Unpublish("web-1", false))
		go func() {
			b, _ := io.ReadAll(c) //nolint:errcheck // what arrived counts
			got <- b
		}()
		if b := <-got; !bytes.Equal(b, words) {
			t.Errorf("%d bytes arrived of %d", len(b), len(words))
		}
	})
}

// A client that says nothing does not keep a connection of a stopped container.
func TestUnpublishEndsIdleConnections(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	l, addr := published(t, s)
	client, srv := connect(t, l, addr)
	must(t, s.Unpublish("web-1", false))
	if b, err := io.ReadAll(srv); len(b) != 0 || err != nil {
		t.Errorf("service: %q, %v, want the end", b, err)
	}
	srv.Close()
	if b, err := io.ReadAll(client); len(b) != 0 || err != nil {
		t.Errorf("client: %q, %v, want the end", b, err)
	}
	settles(t, "no relay", func() bool { return s.carried.Active() == 0 })
}

// The end of the stack breaks what it carries: nobody waits for a dead relay.
func TestCloseBreaksConnections(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	l, addr := published(t, s)
	client, srv := connect(t, l, addr)
	must(t, s.Close())
	if _, err := io.ReadAll(client); err == nil {
		t.Errorf("client: %v, want a reset", err)
	}
	if _, err := io.ReadAll(srv); err == nil {
		t.Error("service: an end, want a reset")
	}
	if _, err := s.CreateSandbox("late-1", SandboxSpec{NoNetwork: true}); !errors.Is(err, errClosed) {
		t.Errorf("a closed stack: %v", err)
	}
}
