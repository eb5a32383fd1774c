package netstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// blackHole makes the internet swallow what is sent to 198.51.100.0/24.
func (n *internet) blackHole() {
	n.t.Helper()
	visit(n.t, n.ns, func() error {
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer h.Close()
		return h.RouteAdd(&netlink.Route{Dst: ipNet(netip.MustParsePrefix("198.51.100.0/24")), Type: unix.RTN_BLACKHOLE})
	})
}

// begin begins a connection from ns and does not wait for it.
func begin(t *testing.T, ns *os.File, to netip.AddrPort) (fd int) {
	t.Helper()
	visit(t, ns, func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		return err
	})
	if err := unix.Connect(fd, sock.Addr(to)); !errors.Is(err, unix.EINPROGRESS) {
		t.Fatal(err)
	}
	return fd
}

// One container that begins connections which nobody answers has its share, and
// the others do not notice.
func TestHalfOpenFlood(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, s, web := outward(t)
	n.blackHole()
	flood := service(t, s, "flood-1", "n")
	echo(t, n.ns, "198.18.0.2:7", "net:")
	var fds []int
	for i := range 1500 {
		fds = append(fds, begin(t, flood.NS(), netip.AddrPortFrom(netip.MustParseAddr("198.51.100.7"), uint16(1000+i))))
	}
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	settles(t, "the share is full", func() bool { return s.relay.Pending() == 1024 })
	if out, err := call(t, web.NS(), "198.18.0.2:7", "hello"); out != "net:hello" || err != nil {
		t.Errorf("another container: %q, %v", out, err)
	}
	if now := s.relay.Pending(); now != 1024 {
		t.Errorf("%d are under way", now)
	}
	// A sender that nobody of the project is gets nothing, whatever it claims.
	visit(t, flood.NS(), func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		from := flood.Endpoints()[0].IPv4.As4()
		from[3] = 200
		syn := append([]byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0}, from[:]...)
		syn = append(syn, 198, 18, 0, 2, 0x30, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0)
		return unix.Sendto(fd, syn, 0, sock.Addr(netip.MustParseAddrPort("198.18.0.2:0")))
	})
	time.Sleep(20 * time.Millisecond)
	if now := s.relay.Pending(); now != 1024 {
		t.Errorf("a made-up sender: %d are under way", now)
	}
}

// A client may use a port again at once, though its last connection is in
// TIME_WAIT on our side: the outside had closed first.
func TestPortIsUsedAgain(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, _, web := outward(t)
	for _, at := range []struct{ to, from string }{{"198.18.0.2:9", "0.0.0.0:40001"}, {"[2001:db8::2]:9", "[::]:40001"}} {
		var l net.Listener
		visit(t, n.ns, func() (err error) {
			l, err = net.Listen("tcp", at.to)
			return err
		})
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, "bye")
				c.Close()
			}
		}()
		for i := range 5 {
			var c net.Conn
			visit(t, web.NS(), func() (err error) {
				d := net.Dialer{Timeout: patience, LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(at.from)), Control: reuse}
				c, err = d.Dial("tcp", at.to)
				return err
			})
			b, err := io.ReadAll(c)
			c.Close()
			if string(b) != "bye" || err != nil {
				t.Errorf("%s, time %d: %q, %v", at.to, i, b, err)
			}
		}
	}
}

func reuse(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
}

// Clients that reset their connections at every moment leave nothing behind.
func TestResetStorm(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, s, web := outward(t)
	echo(t, n.ns, "198.18.0.2:7", "net:")
	goroutines := runtime.NumGoroutine()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%10)*300*time.Microsecond+time.Microsecond)
				var c net.Conn
				visit(t, web.NS(), func() error {
					c, _ = new(net.Dialer).DialContext(ctx, "tcp", "198.18.0.2:7") // may be too late, which is what is tried
					return nil
				})
				cancel()
				if c == nil {
					continue
				}
				if w%2 == 0 {
					_, _ = io.WriteString(c, "x")
				}
				_ = c.(*net.TCPConn).SetLinger(0)
				c.Close()
			}
		})
	}
	wg.Wait()
	settles(t, "nothing is carried", func() bool { return s.carried.Active() == 0 && s.relay.Pending() == 0 })
	if out, err := call(t, web.NS(), "198.18.0.2:7", "hello"); out != "net:hello" || err != nil {
		t.Errorf("afterwards: %q, %v", out, err)
	}
	noMoreGoroutines(t, goroutines+3) // those of the echo's last connection
}

// Ten thousand conversations by UDP: the oldest make room, and a new one works.
func TestTenThousandFlows(t *testing.T) {
	if !isolated(t) {
		return
	}
	flowsMakeRoom(t, 10_000)
}

// They do so for descriptors too: nobody has to wait until they have been silent for
// long enough.
func TestFlowsLeaveDescriptors(t *testing.T) {
	if !isolated(t) {
		return
	}
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1024, Max: 1024}))
	flowsMakeRoom(t, 2000)
}

func flowsMakeRoom(t *testing.T, count int) {
	t.Helper()
	n, s, web := outward(t)
	n.echoUDP("198.18.0.2:7")
	var c net.PacketConn
	visit(t, web.NS(), func() (err error) {
		c, err = net.ListenPacket("udp4", ":0")
		return err
	})
	defer c.Close()
	most := 0
	limit := carry.FlowLimit(carry.FilesOut)
	for i := range count {
		// A network of its own each: the answers do not come back.
		to := &net.UDPAddr{IP: net.IPv4(198, 18, byte(1+i/250), byte(1+i%250)), Port: 9}
		if _, err := c.WriteTo([]byte("x"), to); err != nil && !errors.Is(err, unix.ECONNREFUSED) {
			t.Fatal(err)
		}
		if i%500 == 0 {
			most = max(most, s.relay.Flows())
			time.Sleep(time.Millisecond) // until the relay has read them
		}
	}
	if most = max(most, s.relay.Flows()); most > limit || most < min(limit, 100) {
		t.Errorf("%d flows", most)
	}
	var one net.Conn
	visit(t, web.NS(), func() (err error) {
		one, err = net.Dial("udp", "198.18.0.2:7")
		return err
	})
	defer one.Close()
	settles(t, "a new flow works", func() bool { // what comes into a full socket is lost
		if _, err := one.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		must(t, one.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
		buf := make([]byte, 64)
		size, err := one.Read(buf)
		return err == nil && string(buf[:size]) == "198.18.0.1 hello"
	})
}

// Without descriptors connections wait; with some again they go on.
func TestOutOfDescriptors(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, _, web := outward(t)
	echo(t, n.ns, "198.18.0.2:7", "net:")
	if out, err := call(t, web.NS(), "198.18.0.2:7", "hello"); out != "net:hello" || err != nil {
		t.Fatalf("before: %q, %v", out, err)
	}
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	fd := begin(t, web.NS(), netip.MustParseAddrPort("198.18.0.2:7"))
	defer unix.Close(fd)
	late := begin(t, web.NS(), netip.MustParseAddrPort("198.18.0.2:8")) // refused, but not yet
	defer unix.Close(late)
	highest := fd
	low := unix.Rlimit{Cur: uint64(highest), Max: limit.Max}
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	var fds []int
	for {
		d, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			break
		}
		fds = append(fds, d)
	}
	time.Sleep(100 * time.Millisecond)
	for _, d := range fds {
		unix.Close(d)
	}
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	echo(t, n.ns, "198.18.0.2:70", "net:") // the first one has given up: it is in this process
	if out, err := call(t, web.NS(), "198.18.0.2:70", "hello"); out != "net:hello" || err != nil {
		t.Errorf("afterwards: %q, %v", out, err)
	}
}

// A container that is removed leaves no connection on the host.
func TestRemovedContainersConnectionsEnd(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, s, web := outward(t)
	var l net.Listener
	visit(t, n.ns, func() (err error) {
		l, err = net.Listen("tcp", "198.18.0.2:7")
		return err
	})
	defer l.Close()
	var c net.Conn
	visit(t, web.NS(), func() (err error) {
		c, err = net.Dial("tcp", "198.18.0.2:7")
		return err
	})
	defer c.Close()
	server, err := l.Accept()
	must(t, err)
	defer server.Close()
	n.echoUDP("198.18.0.2:7")
	_, err = askUDP(t, web.NS(), "198.18.0.2:7", "x")
	must(t, err)
	must(t, s.RemoveSandbox("web-1"))
	must(t, server.SetDeadline(time.Now().Add(patience)))
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the server sees %v", err)
	}
	settles(t, "no flow is left", func() bool { return s.relay.Flows() == 0 })
	if c := s.carried.Count("web-1/out"); fmt.Sprint(c) != fmt.Sprint(carry.Count{}) {
		t.Errorf("still counted: %+v", c)
	}
}
