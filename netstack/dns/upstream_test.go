package dns

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A server that was silent is asked after the others for a while.
func TestSilentServersAreRemembered(t *testing.T) {
	silent, good := startResolver(t, silence), startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 1))
	u := FixedUpstream(dialHere, []string{"timeout:1", "attempts:1"}, silent.at, good.at)
	for range 5 {
		if _, err := u.Exchange(t.Context(), query(t, "example.com.", dnsmessage.TypeA), false); err != nil {
			t.Fatal(err)
		}
	}
	if s, g := silent.asked.Load(), good.asked.Load(); s != 1 || g != 5 {
		t.Errorf("the silent one was asked %d times, the other %d", s, g)
	}
	u.bad[silent.at] = time.Now().Add(-time.Second) // its penance is over
	if _, err := u.Exchange(t.Context(), query(t, "example.com.", dnsmessage.TypeA), false); err != nil {
		t.Fatal(err)
	}
	if s := silent.asked.Load(); s != 2 {
		t.Errorf("the silent one was asked %d times", s)
	}
}

// A packet may be lost: each server is asked again.
func TestAttempts(t *testing.T) {
	var once sync.Once
	good := answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 1)
	lossy := startResolver(t, func(msg []byte) (answer []byte) {
		answer = good(msg)
		once.Do(func() { answer = nil })
		return answer
	})
	msg := query(t, "example.com.", dnsmessage.TypeA)
	if _, err := FixedUpstream(dialHere, []string{"timeout:1", "attempts:2"}, lossy.at).Exchange(t.Context(), msg, false); err != nil {
		t.Error(err)
	}
	silent := startResolver(t, silence)
	if b, err := FixedUpstream(dialHere, []string{"timeout:1", "attempts:1"}, silent.at).Exchange(t.Context(), msg, false); err == nil {
		t.Errorf("answer %x", b)
	}
	if n := silent.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestRotate(t *testing.T) {
	one, two := startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 1)), startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 2))
	u := FixedUpstream(dialHere, []string{"rotate"}, one.at, two.at)
	for range 4 {
		if _, err := u.Exchange(t.Context(), query(t, "example.com.", dnsmessage.TypeA), false); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := one.asked.Load(), two.asked.Load(); a != 2 || b != 2 {
		t.Errorf("asked %d and %d times", a, b)
	}
}

// What does not fit into a packet comes by TCP, if the server has that; a whole
// answer by UDP serves who asked by TCP.
func TestStreamsOutside(t *testing.T) {
	packets := startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 1))
	msg := query(t, "example.com.", dnsmessage.TypeA)
	u := FixedUpstream(dialHere, nil, packets.at)
	if b, err := u.Exchange(t.Context(), msg, true); err != nil || text(t, b) != "Success 192.0.2.1" {
		t.Errorf("a server without TCP: %x %v", b, err)
	}
	l, err := net.Listen("tcp", packets.at.String())
	if err != nil {
		t.Skipf("the port is taken for TCP: %v", err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if b, err := readTCP(c); err == nil {
			writeTCP(c, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 2)(b)) //nolint:errcheck // the other end sees it
		}
	}()
	if b, err := u.Exchange(t.Context(), msg, true); err != nil || text(t, b) != "Success 192.0.2.2" {
		t.Errorf("by TCP: %x %v", b, err)
	}
}

// Each asker may have its own servers; what the host cannot route is not offered.
func TestUpstreamOfAHost(t *testing.T) {
	hosts := startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 1))
	own := startResolver(t, answering(t, dnsmessage.RCodeSuccess, 192, 0, 2, 2))
	z := shop()
	z.Set("db-1", Host{Name: "db-1", Up: true, Endpoints: []Endpoint{ep("back", "10.2.0.11", "db-1")}, Upstream: FixedUpstream(dialHere, nil, own.at)})
	s := NewServer(z, FixedUpstream(dialHere, nil, hosts.at), nil)
	ask := func(asker string, kind dnsmessage.Type) string {
		return text(t, s.forward(t.Context(), asker, query(t, "example.com.", kind), false))
	}
	for asker, want := range map[string]string{"web-1": "Success 192.0.2.1", "db-1": "Success 192.0.2.2"} {
		if _, forward := Answer(z, asker, query(t, "example.com.", dnsmessage.TypeA), false); !forward {
			t.Errorf("%s may not ask outside", asker)
		}
		if got := ask(asker, dnsmessage.TypeA); got != want {
			t.Errorf("%s: %s, want %s", asker, got, want)
		}
	}
	s.routable = func(a netip.Addr) bool { return a.Is6() }
	if a, mx := ask("web-1", dnsmessage.TypeA), ask("web-1", dnsmessage.TypeMX); a != "Success" || mx != "Success 192.0.2.1" {
		t.Errorf("without IPv4: A %s, MX %s", a, mx)
	}
	s.routable = func(a netip.Addr) bool { return a.Is4() }
	if a := ask("web-1", dnsmessage.TypeA); a != "Success 192.0.2.1" {
		t.Errorf("without IPv6: A %s", a)
	}
}

func TestRoutable(t *testing.T) {
	for a, want := range map[string]bool{"127.0.0.1": true, "::1": true, "::ffff:127.0.0.1": true} {
		if got := Routable(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %t", a, got)
		}
	}
}

// Who asks too much does not take the others' turn.
func TestBounds(t *testing.T) {
	var b bounds
	enter := func(asker string, times int) (in int) {
		for range times {
			if b.enter(asker) {
				in++
			}
		}
		return in
	}
	if n := enter("loud", 1000); n != maxOfOne {
		t.Errorf("one asker has %d", n)
	}
	for i := range maxForwards / maxOfOne {
		enter(string(rune('a'+i)), maxOfOne)
	}
	if n := enter("late", 100); n != alwaysOfOne {
		t.Errorf("when all is full, another has %d", n)
	}
	b.leave("loud")
	if b.enter("loud") {
		t.Error("the loud one gets a place in front of the others")
	}
	if b.total != maxForwards+2*alwaysOfOne-1 {
		t.Errorf("in all: %d", b.total)
	}
	for range alwaysOfOne {
		b.leave("late")
	}
	if _, ok := b.of["late"]; ok {
		t.Error("an asker without questions is kept")
	}
}
