package ports

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/netstack/carry"
)

const patience = 20 * time.Second

// oneNamespace is a table whose host, router and container are one namespace,
// with at most two connections, or nil where the test is run again in it.
func oneNamespace(t *testing.T) *Table {
	t.Helper()
	if !testns.Isolated(t, testns.Net) {
		return nil
	}
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	must(t, netlink.LinkSetUp(lo))
	table := New(World{
		Files:  &store{kept: map[string]*os.File{}},
		In:     func(_ *os.File, f func() error) error { return f() },
		Set:    carry.NewBounded(2, 2),
		Report: func(line string) { t.Log("report:", line) }, ProjectOf: func(int) string { return "" },
		Returns: func(netip.Addr) bool { return false },
	})
	t.Cleanup(func() { table.w.Set.Abort(); table.Close() })
	return table
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// store keeps names, but no files.
type store struct {
	mu   sync.Mutex
	kept map[string]*os.File
}

func (s *store) Keep(files map[string]*os.File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range files {
		s.kept[name] = f
	}
	return nil
}

func (s *store) names() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.kept {
		list = append(list, name)
	}
	return list
}

func (s *store) Claim(string) *os.File { return nil }

func (s *store) Drop(match func(name string) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.kept {
		if match(name) {
			delete(s.kept, name)
		}
	}
	return nil
}

func web(id string) Member {
	return Member{ID: id, IPv4: netip.MustParseAddr("127.0.0.2"), Own: func(netip.Addr) bool { return false }}
}

var spec = Spec{HostIP: "127.0.0.1", HostPort: 8080, Target: 80, Service: "web"}

// listen serves 127.0.0.2:80 and says hello to all who come.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:80")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, "hello") // checked by what arrives
				_, _ = io.Copy(io.Discard, c)     // the client's end ends it
			}()
		}
	}()
	return l
}

// visit connects to the door, and tells whether it was greeted.
func visit(t *testing.T) error {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:8080")
	if err != nil {
		return err
	}
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = io.ReadFull(c, make([]byte, 5))
	return err
}

func settles(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s still not: %s", patience, what)
		}
	}
}

func refusedNow(t *testing.T) bool { t.Helper(); return errors.Is(visit(t), unix.ECONNREFUSED) }

// A door is closed while nobody listens behind it, whoever asks for how long, and
// nobody else gets its port meanwhile.
func TestDoorFollowsItsService(t *testing.T) {
	table := oneNamespace(t)
	if table == nil {
		return
	}
	_, err := table.Publish(web("web-1"), spec)
	must(t, err)
	for range 3 {
		if !refusedNow(t) {
			t.Error("nobody listens, and a client gets in")
		}
		if l, err := net.Listen("tcp", "127.0.0.1:8080"); err == nil {
			l.Close()
			t.Error("somebody else got the port of a closed door")
		}
		l := listen(t)
		settles(t, "the door is open", func() bool { return visit(t) == nil })
		must(t, l.Close())
		if err := visit(t); err == nil {
			t.Error("nobody listens any more, and a client is greeted")
		}
		settles(t, "the door is closed", func() bool { return refusedNow(t) })
	}
	must(t, table.Leave("web-1", false))
	l, err := net.Listen("tcp", "127.0.0.1:8080")
	must(t, err)
	l.Close()
}

// Clients wait while a container is restarted, and not for ever.
func TestDoorHolds(t *testing.T) {
	table := oneNamespace(t)
	if table == nil {
		return
	}
	l := listen(t)
	_, err := table.Publish(web("web-1"), spec)
	must(t, err)
	settles(t, "the door is open", func() bool { return visit(t) == nil })
	must(t, l.Close())
	must(t, table.Leave("web-1", true))
	got := make(chan error)
	go func() { got <- visit(t) }()
	settles(t, "a client is there", func() bool { return len(table.doors) == 1 && table.w.Set.Taken() > 0 })
	listen(t)
	_, err = table.Publish(web("web-1"), spec)
	must(t, err)
	if err := <-got; err != nil {
		t.Errorf("the client that waited: %v", err)
	}

	holdFor = 50 * time.Millisecond
	must(t, table.Leave("web-1", true))
	settles(t, "the port is free", func() bool {
		l, err := net.Listen("tcp", "127.0.0.1:8080")
		if err == nil {
			l.Close()
		}
		return err == nil
	})
	settles(t, "nothing is kept", func() bool { return len(table.w.Files.(*store).names()) == 0 })
}

// A port at which nobody is makes room for another service, and for what its own
// container does not want any more.
func TestHeldPortMakesRoom(t *testing.T) {
	table := oneNamespace(t)
	if table == nil {
		return
	}
	other := spec
	other.Service = "db"
	for _, makeRoom := range []func(){
		func() {
			_, err := table.Publish(web("db-1"), other)
			must(t, err)
			must(t, table.Leave("db-1", false))
		},
		func() { must(t, table.Settled("web-1")) },
	} {
		_, err := table.Publish(web("web-1"), spec)
		must(t, err)
		must(t, table.Leave("web-1", true))
		must(t, table.Gone("web-1")) // replaced
		if len(table.doors) != 1 {
			t.Fatalf("%d doors while the container is replaced", len(table.doors))
		}
		makeRoom()
		if len(table.doors) != 0 {
			t.Errorf("%d doors are left", len(table.doors))
		}
	}
}

// More connections than there may be wait their turn in the kernel.
func TestConnectionsAreBounded(t *testing.T) {
	table := oneNamespace(t)
	if table == nil {
		return
	}
	listen(t)
	_, err := table.Publish(web("web-1"), spec)
	must(t, err)
	settles(t, "the door is open", func() bool { return visit(t) == nil })
	settles(t, "that one has ended", func() bool { return table.w.Set.Active() == 0 })
	var open []net.Conn
	for i := range 5 {
		c, err := net.Dial("tcp", "127.0.0.1:8080")
		must(t, err)
		defer c.Close()
		open = append(open, c)
		if i < 2 {
			must(t, c.SetDeadline(time.Now().Add(patience)))
			_, err = io.ReadFull(c, make([]byte, 5))
			must(t, err)
		}
	}
	if n := table.w.Set.Active(); n != 2 {
		t.Errorf("%d connections are carried, two may be", n)
	}
	for i, c := range open {
		if i >= 2 {
			must(t, c.SetDeadline(time.Now().Add(patience)))
			if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
				t.Error(fmt.Errorf("connection %d, when others have ended: %w", i, err))
			}
		}
		c.Close()
	}
}
