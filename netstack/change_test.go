package netstack

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// talk is a connection inside a namespace that has to stay.
type talk struct {
	t testing.TB
	c net.Conn
}

func talkTo(t testing.TB, ns *os.File, addr string) *talk {
	t.Helper()
	var c net.Conn
	visit(t, ns, func() (err error) {
		c, err = net.DialTimeout("tcp", addr, patience)
		return err
	})
	t.Cleanup(func() { c.Close() })
	return &talk{t, c}
}

// works sends a word and gets it back.
func (k *talk) works() error {
	_ = k.c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := io.WriteString(k.c, "word"); err != nil {
		return err
	}
	_, err := io.ReadFull(k.c, make([]byte, 4))
	return err
}

func (k *talk) must(when string) {
	k.t.Helper()
	if err := k.works(); err != nil {
		k.t.Errorf("%s: the connection broke: %v", when, err)
	}
}

func unnoted([]EndpointInfo) error { return nil }

// route is the gateway of the default route in a namespace, "" if there is none.
func route(t testing.TB, ns *os.File) (gateway string) {
	t.Helper()
	visit(t, ns, func() error {
		b, err := os.ReadFile("/proc/thread-self/net/route")
		for _, line := range strings.Split(string(b), "\n") {
			if f := strings.Fields(line); len(f) > 2 && f[1] == "00000000" {
				gateway = f[2]
			}
		}
		return err
	})
	if gateway == "" {
		return ""
	}
	var b [4]byte // little endian, as the kernel writes it here
	for i := range b {
		var v byte
		for _, c := range []byte(gateway[i*2 : i*2+2]) {
			v = v<<4 | byte(strings.IndexByte("0123456789ABCDEF", c))
		}
		b[3-i] = v
	}
	return netip.AddrFrom4(b).String()
}

// A container gets and loses networks while it runs: what stays is not touched.
func TestChange(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	front, back := ensure(t, s, Network{Name: "front"}), ensure(t, s, Network{Name: "back"})
	ensure(t, s, Network{Name: "deep", Internal: true})
	web, db := service(t, s, "web-1", "front"), service(t, s, "db-1", "front", "back", "deep")
	echo(t, db.NS(), ":7", "")
	at := func(sb *Sandbox, network string) EndpointInfo {
		t.Helper()
		all := sb.Endpoints()
		i := slices.IndexFunc(all, func(e EndpointInfo) bool { return e.Network == network })
		if i < 0 {
			t.Fatalf("%s is not on %s: %+v", sb.id, network, all)
		}
		return all[i]
	}
	stays := talkTo(t, web.NS(), at(db, "front").IPv4.String()+":7")
	change := func(endpoints ...EndpointSpec) []EndpointInfo {
		t.Helper()
		spec := web.spec
		spec.Endpoints = endpoints
		var coming []EndpointInfo
		_, err := s.Change("web-1", spec, func(c []EndpointInfo) error { coming = c; return nil })
		must(t, err)
		stays.must("after a change")
		return coming
	}
	coming := change(EndpointSpec{Network: "front"}, EndpointSpec{Network: "back", Aliases: []string{"w"}, GatewayPriority: 1})
	if len(coming) != 1 || coming[0].RouterEnd != at(web, "back").RouterEnd || at(web, "back").Interface != "eth1" {
		t.Errorf("told of %+v, is %+v", coming, web.Endpoints())
	}
	moves := talkTo(t, web.NS(), at(db, "back").IPv4.String()+":7")
	moves.must("at first")
	if got := addresses(t, db, "w"); !slices.Equal(got, []netip.Addr{at(web, "back").IPv4}) {
		t.Errorf("w is at %v", got)
	}
	if got := route(t, web.NS()); got != back.Gateway.String() {
		t.Errorf("default route by %q, want that of the network with the higher priority %s", got, back.Gateway)
	}
	// Names and priorities touch no interface.
	if coming := change(EndpointSpec{Network: "front", Aliases: []string{"x"}, GatewayPriority: 2}, EndpointSpec{Network: "back"}); coming != nil {
		t.Errorf("made %+v", coming)
	}
	moves.must("after a change of names")
	if got := addresses(t, db, "w"); got != nil {
		t.Errorf("w is still known: %v", got)
	}
	if got := addresses(t, db, "x"); len(got) != 1 {
		t.Errorf("x is at %v", got)
	}
	if got := route(t, web.NS()); got != front.Gateway.String() {
		t.Errorf("default route by %q, want %s", got, front.Gateway)
	}
	// Another address: only that network's connections break.
	other := plusHost(back.Subnet, 77)
	change(EndpointSpec{Network: "front"}, EndpointSpec{Network: "back", IPv4: other.String()}, EndpointSpec{Network: "deep"})
	if moves.works() == nil || at(web, "back").IPv4 != other {
		t.Errorf("it has not moved to %s: %+v", other, web.Endpoints())
	}
	talkTo(t, web.NS(), at(db, "back").IPv4.String()+":7").must("after the renumbering")
	before := len(links(t, web.NS()))
	change(EndpointSpec{Network: "front"})
	if after := len(links(t, web.NS())); before-after != 2 {
		t.Errorf("%d interfaces, then %d", before, after)
	}
	if n := s.Networks()[slices.IndexFunc(s.Networks(), func(n NetworkInfo) bool { return n.Name == "deep" })]; n.Endpoints != 1 {
		t.Errorf("addresses were not given back: %+v", n)
	}
	if got := addresses(t, web, "db"); len(got) != 1 {
		t.Errorf("names of networks that it left are answered: %v", got)
	}
	// A namespace that was made without IPv6 gets a network that has it, and loses it.
	ensure(t, s, Network{Name: "six", IPv6: true, NoIPv4: true})
	six := service(t, s, "six-1", "six")
	echo(t, six.NS(), ":7", "")
	for range 2 {
		change(EndpointSpec{Network: "front"}, EndpointSpec{Network: "six"})
		talkTo(t, web.NS(), netip.AddrPortFrom(six.Endpoints()[0].IPv6, 7).String()).must("by IPv6")
		if got := route(t, web.NS()); got != front.Gateway.String() {
			t.Errorf("default route by %q, want %s", got, front.Gateway)
		}
		change(EndpointSpec{Network: "front"})
	}
}

func plusHost(p netip.Prefix, n byte) netip.Addr {
	b := p.Addr().As4()
	b[3] += n
	return netip.AddrFrom4(b)
}

// What cannot be made leaves all as it was, but for what had to go first.
func TestChangeFails(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "front"})
	back := ensure(t, s, Network{Name: "back"})
	web, db := service(t, s, "web-1", "front"), service(t, s, "db-1", "front", "back")
	echo(t, db.NS(), ":7", "")
	stays := talkTo(t, web.NS(), db.Endpoints()[0].IPv4.String()+":7")
	was := web.Endpoints()
	for name, c := range map[string]struct {
		to   EndpointSpec
		note func([]EndpointInfo) error
	}{
		"address in use": {EndpointSpec{Network: "back", IPv4: db.Endpoints()[1].IPv4.String()}, unnoted},
		"no network":     {EndpointSpec{Network: "none"}, unnoted},
		"interface":      {EndpointSpec{Network: "back", Interface: "lo"}, unnoted},
		"no record":      {EndpointSpec{Network: "back"}, func([]EndpointInfo) error { return errors.New("disk full") }},
	} {
		spec := web.spec
		spec.Endpoints = []EndpointSpec{{Network: "front"}, c.to}
		if _, err := s.Change("web-1", spec, c.note); err == nil {
			t.Errorf("%s: no error", name)
		}
		if got := web.Endpoints(); !slices.EqualFunc(got, was, func(a, b EndpointInfo) bool { return a.RouterEnd == b.RouterEnd }) {
			t.Errorf("%s: endpoints are %+v", name, got)
		}
		stays.must(name)
	}
	if n := s.Networks()[slices.IndexFunc(s.Networks(), func(n NetworkInfo) bool { return n.Name == "back" })]; n.Endpoints != back.Endpoints+1 {
		t.Errorf("addresses were not given back: %+v", n)
	}
	if got := route(t, web.NS()); got == "" {
		t.Error("the default route is lost")
	}
	if _, err := s.Change("nobody-1", SandboxSpec{}, unnoted); err == nil {
		t.Error("what does not exist can be changed")
	}
}

// A process dies in the middle of a change: the next finds what it noted before,
// and goes on from there.
func TestChangeIsAdopted(t *testing.T) {
	if !isolated(t) {
		return
	}
	router, k := newNamespace(t), newHolder(t)
	first := open(t, router, k)
	ensure(t, first, Network{Name: "front"})
	ensure(t, first, Network{Name: "back"})
	ensure(t, first, Network{Name: "old"})
	db, web := service(t, first, "db-1", "front", "back"), service(t, first, "web-1", "front", "old")
	echo(t, db.NS(), ":7", "")
	stays := talkTo(t, web.NS(), db.Endpoints()[0].IPv4.String()+":7")
	wasSpec, was := web.spec, web.Endpoints()
	dbSpec, dbWas := db.spec, db.Endpoints()
	want := wasSpec
	want.Endpoints = []EndpointSpec{{Network: "front"}, {Network: "back"}}
	var coming []EndpointInfo
	_, err := first.Change("web-1", want, func(c []EndpointInfo) error { coming = c; return nil })
	must(t, err)
	must(t, first.Close()) // the end was not recorded

	second := open(t, router, k)
	_, err = second.AdoptSandbox("db-1", dbSpec, dbWas)
	must(t, err)
	spec, left, err := second.Survivors(wasSpec, was, coming)
	must(t, err)
	if len(left) != 1 || left[0].Network != "front" || len(spec.Endpoints) != 1 {
		t.Errorf("left are %+v of %+v", left, spec.Endpoints)
	}
	sb, err := second.AdoptSandbox("web-1", spec, left)
	must(t, err)
	second.SetReachable("web-1", true)
	second.SetReachable("db-1", true)
	if n := len(links(t, sb.NS())); n != 2 {
		t.Errorf("%d interfaces are left: %v", n, links(t, sb.NS()))
	}
	_, err = second.Change("web-1", want, unnoted)
	must(t, err)
	stays.must("after the adoption")
	if got := addresses(t, sb, "db"); len(got) != 2 {
		t.Errorf("db is at %v", got)
	}
	talkTo(t, sb.NS(), dbWas[1].IPv4.String()+":7").must("on the new network")
}

// A network goes under a sandbox that nobody looks after: it has lost its endpoint,
// and gets one of the network that comes after it.
func TestNetworkGoesUnderASandbox(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "front"})
	ensure(t, s, Network{Name: "back"})
	web := service(t, s, "web-1", "front", "back")
	want := web.Spec()
	must(t, s.RemoveNetwork("back"))
	if got := web.Endpoints(); len(got) != 1 || got[0].Network != "front" || len(links(t, web.NS())) != 2 {
		t.Errorf("endpoints %+v, interfaces %v", got, links(t, web.NS()))
	}
	ensure(t, s, Network{Name: "back", Subnets: []Subnet{{Subnet: "10.66.0.0/24"}}})
	_, err := s.Change("web-1", want, unnoted)
	must(t, err)
	db := service(t, s, "db-1", "back")
	echo(t, db.NS(), ":7", "")
	talkTo(t, web.NS(), db.Endpoints()[0].IPv4.String()+":7").must("on the new network")
}
