package carry

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func udp(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// to opens flows to a server and puts replies into got.
func to(t *testing.T, server *net.UDPConn, got chan string) func() (Far, error) {
	t.Helper()
	return func() (Far, error) {
		c, err := net.DialUDP("udp", nil, server.LocalAddr().(*net.UDPAddr))
		return Far{Owner: "dns-1", Conn: c, Reply: func(b []byte) { got <- string(b) }}, err
	}
}

func receive(t *testing.T, c *net.UDPConn) (string, netip.AddrPort) {
	t.Helper()
	buf := make([]byte, 100)
	n, from, err := c.ReadFromUDPAddrPort(buf)
	must(t, err)
	return string(buf[:n]), from
}

func TestFlow(t *testing.T) {
	s := NewBounded(1, 1)
	table := NewFlows[string](s, 2)
	defer table.Close()
	server, got := udp(t), make(chan string, 10)
	flow, err := table.Get("a", to(t, server, got))
	must(t, err)
	must(t, flow.Send([]byte("question")))
	text, from := receive(t, server)
	if text != "question" {
		t.Errorf("server: %q", text)
	}
	for _, answer := range []string{"one", "two"} {
		_, err = server.WriteToUDPAddrPort([]byte(answer), from)
		must(t, err)
		if reply := <-got; reply != answer {
			t.Errorf("reply %q, want %q", reply, answer)
		}
	}
	again, err := table.Get("a", func() (Far, error) { return Far{}, errors.New("it is there") })
	if again != flow || err != nil {
		t.Errorf("the same key: %v, %v", again, err)
	}
	if c := s.Count("dns-1"); c.In != 8 || c.Out != 6 {
		t.Errorf("counted %+v", c)
	}
}

func TestOldestFlowMakesRoom(t *testing.T) {
	table := NewFlows[string](NewBounded(1, 1), 2)
	defer table.Close()
	server, got := udp(t), make(chan string, 10)
	for _, key := range []string{"a", "b", "a", "c"} { // b was used longest ago
		_, err := table.Get(key, to(t, server, got))
		must(t, err)
	}
	if table.Len() != 2 || table.byKey["a"] == nil || table.byKey["b"] != nil || table.byKey["c"] == nil {
		t.Errorf("left: %v", table.byKey)
	}
}

// Datagrams that do not come by Get count as use, and who floods the table ends its
// own flows.
func TestWhoMakesRoom(t *testing.T) {
	table := NewFlows[string](NewBounded(1, 1), 4)
	defer table.Close()
	server, got := udp(t), make(chan string, 10)
	get := func(key, owner string) *Flow[string] {
		f, err := table.Get(key, func() (Far, error) {
			far, err := to(t, server, got)()
			far.Owner = owner
			return far, err
		})
		must(t, err)
		time.Sleep(time.Millisecond) // the clock goes on
		return f
	}
	quiet := get("quiet", "calm-1")
	busy := get("busy", "calm-1")
	get("x1", "loud-1")
	get("x2", "loud-1")
	must(t, busy.Send([]byte("x")))
	get("x3", "loud-1") // two of four are not more than half: the quiet one goes
	if table.byKey["quiet"] == quiet || table.byKey["busy"] != busy {
		t.Errorf("left: %v", table.byKey)
	}
	for _, key := range []string{"x4", "x5", "x6", "x7"} {
		get(key, "loud-1")
	}
	if table.byKey["busy"] != busy || table.Len() != 4 || table.owned["loud-1"] != 3 || table.owned["calm-1"] != 1 {
		t.Errorf("left: %v, of %v", table.byKey, table.owned)
	}
}

func TestQuietFlowsEnd(t *testing.T) {
	table := NewFlows[string](NewBounded(1, 1), 2)
	defer table.Close()
	table.unanswered, table.silence = 20*time.Millisecond, time.Hour
	server, got := udp(t), make(chan string, 10)
	answered, err := table.Get("answered", to(t, server, got))
	must(t, err)
	must(t, answered.Send([]byte("x")))
	_, from := receive(t, server)
	_, err = server.WriteToUDPAddrPort([]byte("y"), from)
	must(t, err)
	<-got
	_, err = table.Get("unanswered", to(t, server, got))
	must(t, err)
	for end := time.Now().Add(patience); table.Len() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the unanswered flow does not end")
		}
	}
	if table.byKey["answered"] == nil {
		t.Error("the answered flow ended")
	}
}

func TestRefusalIsReported(t *testing.T) {
	table := NewFlows[string](NewBounded(1, 1), 2)
	defer table.Close()
	server := udp(t)
	failed := make(chan error, 1)
	flow, err := table.Get("a", func() (Far, error) {
		far, err := to(t, server, nil)()
		far.Failed = func(err error) { failed <- err }
		return far, err
	})
	must(t, err)
	must(t, server.Close())
	must(t, flow.Send([]byte("x")))
	if err := <-failed; !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("got %v", err)
	}
	if table.Len() != 1 {
		t.Error("the flow ended")
	}
}

// Who holds a flow that has ended meanwhile is told so, whatever kind of socket it has.
func TestEndedFlow(t *testing.T) {
	table := NewFlows[string](NewBounded(1, 1), 2)
	defer table.Close()
	server := udp(t)
	for kind, conn := range map[string]func() (FlowConn, error){
		"net": func() (FlowConn, error) { return net.DialUDP("udp", nil, server.LocalAddr().(*net.UDPAddr)) },
		"os": func() (FlowConn, error) {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
			return os.NewFile(uintptr(fd), "udp"), err
		},
	} {
		flow, err := table.Get(kind, func() (Far, error) {
			c, err := conn()
			return Far{Owner: "dns-1", Conn: c, Reply: func([]byte) {}}, err
		})
		must(t, err)
		table.Finish(func(key, _ string) bool { return key == kind })
		if err := flow.Send([]byte("late")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v, want %v", kind, err, os.ErrClosed)
		}
	}
}
