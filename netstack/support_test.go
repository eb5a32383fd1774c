package netstack

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// isolated re-executes the test where it may do everything to its network: the
// net namespace it then is in plays the host's.
func isolated(t *testing.T) bool {
	t.Helper()
	if !testns.Inside(t) {
		t.Parallel() // each has a world of its own, and most of its time it waits
	}
	if !testns.Isolated(t, testns.Net|testns.Mount|testns.PID) {
		return false
	}
	h, err := openRTNetlink()
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	if err := h.do(nil, loopbackUp()); err != nil {
		t.Fatal(err)
	}
	return true
}

// newNamespace makes a net namespace from a thread that then ends.
func newNamespace(t testing.TB) *os.File {
	t.Helper()
	var ns *os.File
	var err error
	done := make(chan struct{})
	go offMainThread(func() {
		defer close(done)
		ns, err = unshareNet("R")
	})
	<-done
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

// visit runs f on a thread inside ns. Sockets that f makes stay there.
func visit(t testing.TB, ns *os.File, f func() error) {
	t.Helper()
	done := make(chan error)
	go offMainThread(func() {
		err := enter(ns)
		if err == nil {
			err = f()
		}
		done <- err
	})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// holder is a Keeper as the project holder is one.
type holder struct {
	mu    sync.Mutex
	files map[string]*os.File
}

func newHolder(t testing.TB) *holder {
	h := &holder{files: map[string]*os.File{}}
	t.Cleanup(func() {
		for _, f := range h.files {
			f.Close()
		}
	})
	return h
}

func (h *holder) KeepAll(files map[string]*os.File) error {
	for name, f := range files {
		d, err := duplicate(f)
		if err != nil {
			return err
		}
		h.mu.Lock()
		if old := h.files[name]; old != nil {
			old.Close()
		}
		h.files[name] = d
		h.mu.Unlock()
	}
	return nil
}

func (h *holder) DropAll(names []string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		if f := h.files[name]; f != nil {
			f.Close()
			delete(h.files, name)
		}
	}
	return nil
}

func (h *holder) Kept() map[string]*os.File {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]*os.File{}
	for name, f := range h.files {
		if d, err := duplicate(f); err == nil {
			out[name] = d
		}
	}
	return out
}

func (h *holder) names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for name := range h.files {
		out = append(out, name)
	}
	return out
}

// open opens a stack that is closed with the test.
func open(t testing.TB, router *os.File, k Keeper) *Stack {
	t.Helper()
	s, err := Open(router, k, func(line string) { t.Log("report:", line) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.ctx.Err() != nil {
			return // closed by the test
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ensure(t testing.TB, s *Stack, n Network) NetworkInfo {
	t.Helper()
	info, err := s.EnsureNetwork(n)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// service makes a reachable sandbox on the networks.
func service(t testing.TB, s *Stack, id string, networks ...string) *Sandbox {
	t.Helper()
	spec := SandboxSpec{Names: []string{strings.TrimRight(id, "-0123456789")}}
	for _, n := range networks {
		spec.Endpoints = append(spec.Endpoints, EndpointSpec{Network: n})
	}
	sb, err := s.CreateSandbox(id, spec)
	if err != nil {
		t.Fatal(err)
	}
	s.SetReachable(id, true)
	return sb
}

// echo serves TCP inside ns: each connection gets greeting and then its own
// bytes back until its end.
func echo(t testing.TB, ns *os.File, addr, greeting string) {
	t.Helper()
	var l net.Listener
	visit(t, ns, func() (err error) {
		l, err = net.Listen("tcp", addr)
		return err
	})
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := io.WriteString(c, greeting); err == nil {
					_, _ = io.Copy(c, c) // the client's end ends it
				}
			}()
		}
	}()
}

// call connects from ns (nil = the host's), says text, ends, and returns all
// that comes back.
func call(t testing.TB, ns *os.File, addr, text string) (string, error) {
	t.Helper()
	var c net.Conn
	dial := func() (err error) {
		c, err = net.DialTimeout("tcp", addr, patience)
		return err
	}
	var err error
	if ns == nil {
		err = dial()
	} else {
		visit(t, ns, func() error { err = dial(); return nil })
	}
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	return string(b), err
}

// ask resolves name to its addresses from inside ns. code is the answer's.
func ask(t testing.TB, ns *os.File, network, server, name string, kind dnsmessage.Type) (msg dnsmessage.Message) {
	t.Helper()
	var c net.Conn
	visit(t, ns, func() (err error) {
		c, err = net.Dial(network, server)
		return err
	})
	defer c.Close()
	q := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name + "."), Type: kind, Class: dnsmessage.ClassINET}},
	}
	b, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if network == "tcp" {
		b = append([]byte{byte(len(b) >> 8), byte(len(b))}, b...)
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65535)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatalf("ask %s for %s: %v", server, name, err)
	}
	if network == "tcp" {
		buf, n = buf[2:], n-2
	}
	if err := msg.Unpack(buf[:n]); err != nil {
		t.Fatal(err)
	}
	return msg
}

// addresses are those of an answer, by the resolver of the sandbox.
func addresses(t testing.TB, sb *Sandbox, name string) []netip.Addr {
	t.Helper()
	var out []netip.Addr
	for _, r := range ask(t, sb.NS(), "udp", netip.AddrPortFrom(sb.Nameserver(), 53).String(), name, dnsmessage.TypeA).Answers {
		if a, ok := r.Body.(*dnsmessage.AResource); ok {
			out = append(out, netip.AddrFrom4(a.A))
		}
	}
	return out
}

// links lists the interfaces in ns.
func links(t testing.TB, ns *os.File) []string {
	t.Helper()
	var h *netlink.Handle
	visit(t, ns, func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	defer h.Close()
	ls, err := dump(h.LinkList)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range ls {
		out = append(out, l.Attrs().Name)
	}
	return out
}

// settles waits until cond holds.
func settles(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s still not: %s", patience, what)
		}
	}
}

// noMoreGoroutines waits until as few run as before.
func noMoreGoroutines(t testing.TB, before int) {
	t.Helper()
	settles(t, "no goroutine left over", func() bool { return runtime.NumGoroutine() <= before })
}

// tryCall connects, where it may well be impossible, and returns the greeting.
func tryCall(t testing.TB, ns *os.File, addr string) (string, error) {
	t.Helper()
	var c net.Conn
	var err error
	// Forbidden packets are refused at once. Legal ones may be lost while the kernel
	// is busy with other namespaces: a new link carries nothing before it has been
	// noticed, and a SYN is repeated after a second.
	visit(t, ns, func() error { c, err = net.DialTimeout("tcp", addr, 3*time.Second); return nil })
	if err != nil {
		return "", err
	}
	defer c.Close()
	buf := make([]byte, 16)
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	n, err := c.Read(buf)
	return string(buf[:n]), err
}

func hostAddr(p Published) string {
	ip := p.HostIP
	if ip == "" {
		ip = "127.0.0.1"
	}
	return net.JoinHostPort(ip, fmt.Sprint(p.Bound))
}

// opened waits until somebody listens behind a port of TCP: until then clients
// are refused.
func opened(t testing.TB, addr string) {
	t.Helper()
	settles(t, "somebody listens behind "+addr, func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return !errors.Is(err, unix.ECONNREFUSED)
	})
}
