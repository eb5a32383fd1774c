package dns

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const patience = 20 * time.Second

// resolver is a name server of the world outside. It counts its questions.
type resolver struct {
	at    netip.AddrPort
	asked atomic.Int32
}

// startResolver answers every question by UDP with what answer makes of it
// (nil = silence).
func startResolver(t *testing.T, answer func(msg []byte) []byte) *resolver {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r := &resolver{at: c.LocalAddr().(*net.UDPAddr).AddrPort()}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, MaxUDP)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			r.asked.Add(1)
			send(c, answer(append([]byte(nil), buf[:n]...)), from)
		}
	})
	t.Cleanup(func() { c.Close(); wg.Wait() })
	return r
}

func answering(t *testing.T, code dnsmessage.RCode, addr ...byte) func([]byte) []byte {
	return func(msg []byte) []byte {
		var m dnsmessage.Message
		if err := m.Unpack(msg); err != nil {
			t.Errorf("not forwarded as it was: %v", err)
			return nil
		}
		m.Response, m.RCode, m.RecursionAvailable = true, code, true
		if len(addr) == 4 {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: TTL},
				Body:   &dnsmessage.AResource{A: [4]byte(addr)},
			}}
		}
		return pack(t, m)
	}
}

func silence([]byte) []byte { return nil }

// forger answers another question first.
func forger(t *testing.T) func([]byte) []byte {
	return func(msg []byte) []byte {
		forged := answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 66)(msg)
		forged[0]++
		return forged
	}
}

func TestExchange(t *testing.T) {
	good := startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 1))
	refusing := startResolver(t, answering(t, dnsmessage.RCodeRefused))
	missing := startResolver(t, answering(t, dnsmessage.RCodeNameError))
	silent := startResolver(t, silence)
	liar := startResolver(t, forger(t))
	msg := query(t, "example.com.", dnsmessage.TypeA)
	for _, c := range []struct {
		name    string
		servers []netip.AddrPort
		want    string
	}{
		{"one", []netip.AddrPort{good.at}, "Success 192.0.2.1"},
		{"the second, when the first refuses", []netip.AddrPort{refusing.at, good.at}, "Success 192.0.2.1"},
		{"not the second, when there is no such name", []netip.AddrPort{missing.at, good.at}, "NameError"},
		{"the second, when the first is silent", []netip.AddrPort{silent.at, good.at}, "Success 192.0.2.1"},
		{"the second, when the first answers something else", []netip.AddrPort{liar.at, good.at}, "Success 192.0.2.1"},
		{"a refusal is better than nothing", []netip.AddrPort{refusing.at, silent.at}, "Refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := FixedUpstream(dialHere, nil, c.servers...).Exchange(t.Context(), msg, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, b); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestExchangeEndsWithItsContext(t *testing.T) {
	silent := startResolver(t, silence)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for silent.asked.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if b, err := FixedUpstream(dialHere, nil, silent.at).Exchange(ctx, query(t, "example.com.", dnsmessage.TypeA), false); err == nil {
		t.Errorf("got %x", b)
	}
}

// served runs a server on loopback sockets.
func served(t *testing.T, u *Upstream) (udp, tcp string) {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(shop(), u, nil)
	ctx, cancel := context.WithCancel(context.Background()) //nolint:usetesting // ended before the clean-up waits
	var wg sync.WaitGroup
	wg.Go(func() { s.ServePackets(ctx, c, Only("api-1")) })
	wg.Go(func() { s.ServeStreams(ctx, l, Only("api-1")) })
	t.Cleanup(func() { cancel(); c.Close(); l.Close(); wg.Wait() })
	return c.LocalAddr().String(), l.Addr().String()
}

func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

func askUDP(t *testing.T, c net.Conn, msg []byte) string {
	t.Helper()
	if _, err := c.Write(msg); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, MaxUDP)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return text(t, buf[:n])
}

func TestServer(t *testing.T) {
	outside := startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 1))
	udp, tcp := served(t, FixedUpstream(dialHere, nil, outside.at))
	c := dial(t, "udp", udp)
	if _, err := c.Write([]byte("nonsense")); err != nil { // is passed over
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"web.": "Success 10.1.0.2", "example.com.": "Success 192.0.2.1", "db-3.": "NameError",
	} {
		if got := askUDP(t, c, query(t, name, dnsmessage.TypeA)); got != want {
			t.Errorf("%s by udp: %s, want %s", name, got, want)
		}
	}
	if n := outside.asked.Load(); n != 1 {
		t.Errorf("%d questions left, want 1", n)
	}
	// Several questions on one connection, in pieces.
	s := dial(t, "tcp", tcp)
	for range 3 {
		msg := query(t, "web.", dnsmessage.TypeA)
		for _, piece := range [][]byte{{0}, {byte(len(msg))}, msg[:5], msg[5:]} {
			if _, err := s.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		b, err := readTCP(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, b); got != "Success 10.1.0.2" {
			t.Errorf("by tcp: %s", got)
		}
	}
}

// An idle stream, or a question under way, does not keep a server from ending:
// the clean-up would hang.
func TestServerEnds(t *testing.T) {
	silent := startResolver(t, silence)
	udp, tcp := served(t, FixedUpstream(dialHere, nil, silent.at))
	for range maxStreams + 2 {
		dial(t, "tcp", tcp)
	}
	c := dial(t, "udp", udp)
	if _, err := c.Write(query(t, "example.com.", dnsmessage.TypeA)); err != nil {
		t.Fatal(err)
	}
	for silent.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
}

// When too many questions are under way, the next gets an answer at once.
func TestForwardsAreBounded(t *testing.T) {
	silent := startResolver(t, silence)
	udp, _ := served(t, FixedUpstream(dialHere, nil, silent.at))
	c := dial(t, "udp", udp)
	msg := query(t, "example.com.", dnsmessage.TypeA)
	for range 2 * maxOfOne {
		if _, err := c.Write(msg); err != nil {
			t.Fatal(err)
		}
	}
	if got := askUDP(t, c, msg); got != "ServerFailure" {
		t.Errorf("got %s", got)
	}
	// Without the bound, all would have left before the first gave up.
	if n := silent.asked.Load(); n > maxOfOne {
		t.Errorf("%d questions are under way, more than %d", n, maxOfOne)
	}
}
