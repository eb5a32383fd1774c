package netstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/mocker-compose/mocker-compose/netstack/commons"
	"github.com/mocker-compose/mocker-compose/netstack/settings"
)

// neighbours are the projects of one user: each has a holder, and a router
// namespace that lives as long.
type neighbours struct {
	t   *testing.T
	run string

	mu     sync.Mutex
	living map[string]*neighbour
	deaths map[string]chan struct{}
}

type neighbour struct {
	router *os.File
	kept   *holder
}

func newNeighbours(t *testing.T) *neighbours {
	return &neighbours{t: t, run: t.TempDir(), living: map[string]*neighbour{}, deaths: map[string]chan struct{}{}}
}

// open opens a stack of the project, whose holder is started if there is none.
func (w *neighbours) open(project string) *Stack {
	w.t.Helper()
	w.mu.Lock()
	p := w.living[project]
	if p == nil {
		p = &neighbour{newNamespace(w.t), newHolder(w.t)}
		w.living[project], w.deaths[project] = p, make(chan struct{})
	}
	w.mu.Unlock()
	s := open(w.t, p.router, p.kept)
	must(w.t, s.Share(commons.Sharing{Project: project, Registry: commons.Open(w.run), Borrow: w.borrow, Death: w.death}))
	return s
}

func (w *neighbours) borrow(project, name string) (*os.File, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.living[project]
	if p == nil {
		return nil, false, nil
	}
	p.kept.mu.Lock()
	defer p.kept.mu.Unlock()
	f := p.kept.files[name]
	if f == nil {
		return nil, true, nil
	}
	d, err := duplicate(f)
	return d, true, err
}

func (w *neighbours) death(_ context.Context, project string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.deaths[project]; d != nil {
		return d
	}
	d := make(chan struct{})
	close(d)
	return d
}

// kill ends a project's holder, and its supervisor with it.
func (w *neighbours) kill(project string, s *Stack) {
	w.t.Helper()
	w.mu.Lock()
	p := w.living[project]
	delete(w.living, project)
	close(w.deaths[project])
	delete(w.deaths, project)
	w.mu.Unlock()
	must(w.t, s.Close())
	must(w.t, p.kept.DropAll(p.kept.names()))
	p.router.Close()
}

var common = Network{Name: "common", Shared: true, Subnets: []Subnet{{Subnet: "10.66.0.0/24", Gateway: "10.66.0.1"}}}

// x is which namespace the project has as that of the network.
func (w *neighbours) x(project string) string {
	f, _, err := w.borrow(project, commons.KeptName("common"))
	if err != nil || f == nil {
		w.t.Fatalf("project %s keeps none: %v", project, err)
	}
	defer f.Close()
	id, err := commons.Identity(f)
	must(w.t, err)
	return fmt.Sprint(id.Inode)
}

func TestSharedNetwork(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	a, b, c := w.open("a"), w.open("b"), w.open("c")
	for _, s := range []*Stack{a, b} {
		ensure(t, s, common)
	}
	ensure(t, a, Network{Name: "own", Subnets: []Subnet{{Subnet: "10.67.0.0/24"}}})
	ensure(t, b, Network{Name: "own", Subnets: []Subnet{{Subnet: "10.68.0.0/24"}}})
	ensure(t, c, Network{Name: "own", Subnets: []Subnet{{Subnet: "10.66.0.0/24"}}}) // the same addresses, elsewhere
	web, db, other := service(t, a, "a-web-1", "common", "own"), service(t, b, "b-db-1", "common"), service(t, c, "c-x-1", "own")
	hidden := service(t, b, "b-hidden-1", "own")
	echo(t, web.NS(), ":80", "web:")
	echo(t, db.NS(), ":80", "db:")
	echo(t, hidden.NS(), ":80", "hidden:")

	at := func(sb *Sandbox) netip.Addr { return sb.Endpoints()[0].IPv4 }
	for _, name := range []string{"b-db", "b-db-1", "b-db.common"} {
		if got := addresses(t, web, name); !slices.Equal(got, []netip.Addr{at(db)}) {
			t.Errorf("%s is %v, want %s", name, got, at(db))
		}
	}
	if got := addresses(t, db, "a-web"); !slices.Equal(got, []netip.Addr{at(web)}) {
		t.Errorf("the other way: %v", got)
	}
	for _, name := range []string{"b-hidden", "b-hidden-1", "c-x"} {
		if got := addresses(t, web, name); len(got) > 0 {
			t.Errorf("%s is %v: it stands on no shared network", name, got)
		}
	}
	text, err := call(t, web.NS(), net.JoinHostPort(at(db).String(), "80"), "x")
	if text != "db:x" || err != nil {
		t.Errorf("from a to b: %q, %v", text, err)
	}
	if text, err := tryCall(t, other.NS(), net.JoinHostPort(at(db).String(), "80")); err == nil {
		t.Errorf("c is not on the network, and reaches %q there", text)
	}
	if text, err := tryCall(t, web.NS(), net.JoinHostPort(at(hidden).String(), "80")); err == nil {
		t.Errorf("a reaches b's own network: %q", text)
	}
	ptr := ask(t, web.NS(), "udp", "127.0.0.11:53", reverse(at(db)), dnsmessage.TypePTR)
	if len(ptr.Answers) != 1 || ptr.Answers[0].Body.(*dnsmessage.PTRResource).PTR.String() != "b-db-1.common." {
		t.Errorf("PTR: %v", ptr.Answers)
	}
	b.SetReachable("b-db-1", false)
	if got := addresses(t, web, "b-db"); len(got) > 0 {
		t.Errorf("one that has stopped is %v", got)
	}
	b.SetReachable("b-db-1", true)
	if got := addresses(t, web, "b-db"); len(got) != 1 {
		t.Errorf("one that runs again is %v", got)
	}
	must(t, b.RemoveSandbox("b-db-1"))
	if got := addresses(t, web, "b-db"); len(got) > 0 {
		t.Errorf("one that was removed is %v", got)
	}
}

func reverse(a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
}

// A published port of a container that stands on a shared network alone.
func TestSharedNetworkPublishes(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	a := w.open("a")
	ensure(t, a, common)
	web := service(t, a, "web-1", "common")
	echo(t, web.NS(), ":80", "web:")
	p, err := a.Publish("web-1", PortSpec{Target: 80})
	must(t, err)
	opened(t, hostAddr(p))
	if text, err := call(t, nil, hostAddr(p), "x"); text != "web:x" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	dns, err := a.CreateSandbox("dns-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "common"}}, ExposesDNS: true})
	must(t, err)
	if got := addresses(t, dns, "web-1"); !slices.Equal(got, []netip.Addr{web.Endpoints()[0].IPv4}) {
		t.Errorf("by the resolver on the leg: %v", got)
	}
}

// The namespace of a shared network has no address, not even on loopback, and does
// not forward.
func TestNothingIsAtHomeInX(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	a := w.open("a")
	six := common
	six.IPv6, six.Subnets = true, append(slices.Clone(common.Subnets), Subnet{Subnet: "fd66::/64"})
	ensure(t, a, six)
	service(t, a, "web-1", "common")
	visit(t, a.networks["common"].shared.x, func() error {
		addrs, err := net.InterfaceAddrs()
		if len(addrs) > 0 {
			t.Errorf("addresses: %v", addrs)
		}
		for _, key := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
			if v, err := (settings.Setting{Key: key}).Read(); err != nil || v != "0" {
				t.Errorf("%s is %q, %v", key, v, err)
			}
		}
		return err
	})
}

// Whoever dies, the others go on, and the next one finds the same network; when
// the last is gone, so is the network, and the next is another.
func TestSharedNetworkOutlivesAnybody(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	a, b := w.open("a"), w.open("b")
	ensure(t, a, common)
	ensure(t, b, common)
	web, db := service(t, a, "web-1", "common"), service(t, b, "db-1", "common")
	first := w.x("a")
	if w.x("b") != first {
		t.Fatal("two namespaces")
	}
	echo(t, db.NS(), ":80", "db:")
	at := net.JoinHostPort(db.Endpoints()[0].IPv4.String(), "80")
	talk := func(when string, from *Sandbox) {
		t.Helper()
		if text, err := call(t, from.NS(), at, "x"); text != "db:x" || err != nil {
			t.Errorf("%s: %q, %v", when, text, err)
		}
		if got := addresses(t, from, "db"); len(got) != 1 {
			t.Errorf("%s: the name is %v", when, got)
		}
	}
	// The supervisor of one is replaced.
	infos, spec := web.Endpoints(), web.spec
	must(t, a.Close())
	a = w.open("a")
	web, err := a.AdoptSandbox("web-1", spec, infos)
	must(t, err)
	a.SetReachable("web-1", true)
	_, err = a.DropUnclaimed()
	must(t, err)
	talk("after a's supervisor", web)
	if got := addresses(t, db, "web"); len(got) != 1 {
		t.Errorf("the adopted one is %v", got)
	}
	// Supervisor and holder of the one that made the network die.
	w.kill("a", a)
	settles(t, "the names of the dead are gone", func() bool { return len(addresses(t, db, "web")) == 0 })
	c := w.open("c")
	ensure(t, c, common)
	if w.x("c") != first {
		t.Error("the third came to another network")
	}
	talk("from a third", service(t, c, "c-1", "common"))
	// A container that nobody adopts is forgotten.
	must(t, b.Close())
	b = w.open("b")
	_, err = b.DropUnclaimed()
	must(t, err)
	if m, err := commons.Open(w.run).Member("common", "b"); err != nil || len(m.Hosts) > 0 {
		t.Errorf("what nobody adopted is on file: %+v, %v", m, err)
	}
	// The last ones go.
	w.kill("b", b)
	must(t, c.RemoveNetwork("common"))
	if _, err := os.Stat(filepath.Join(w.run, "net")); !os.IsNotExist(err) {
		t.Errorf("files are left: %v", err)
	}
	for _, name := range links(t, w.living["c"].router) {
		if strings.HasPrefix(name, legPrefix) {
			t.Errorf("a leg is left: %s", name)
		}
	}
	ensure(t, c, common)
	service(t, c, "c-2", "common")
}

// A supervisor that is killed in the middle of joining is no harm.
func TestHalfJoined(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	a := w.open("a")
	stray, err := a.newX("common")
	must(t, err)
	must(t, a.files.keepNow(map[string]*os.File{commons.KeptName("common"): stray})) // kept, and not on record
	must(t, a.Close())
	b := w.open("b")
	ensure(t, b, common)
	a = w.open("a")
	if a.networks["common"] != nil {
		t.Error("it was taken for joined")
	}
	ensure(t, a, common)
	if w.x("a") != w.x("b") {
		t.Error("two networks of one name")
	}
	// On record, and without a leg.
	must(t, a.router.deleteLink(legName("common")))
	must(t, a.Close())
	a = w.open("a")
	if n := a.networks["common"]; n == nil || !a.hasLeg(n) {
		t.Error("the leg was not made again")
	}
}

func TestSharedAddresses(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	const projects, each = 10, 5
	stacks := map[string]*Stack{}
	for i := range projects {
		name := fmt.Sprintf("p%d", i)
		stacks[name] = w.open(name)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[netip.Addr]string{}
	for name, s := range stacks {
		wg.Go(func() {
			if _, err := s.EnsureNetwork(common); err != nil {
				t.Error(err)
				return
			}
			for i := range each {
				id := fmt.Sprintf("%s-%d", name, i)
				sb, err := s.CreateSandbox(id, SandboxSpec{Endpoints: []EndpointSpec{{Network: "common"}}})
				if err != nil {
					t.Error(err)
					return
				}
				e := sb.Endpoints()[0]
				mu.Lock()
				for _, a := range []netip.Addr{e.IPv4, e.Gateway} {
					if who := seen[a]; who != "" && who != name {
						t.Errorf("%s is %s's and %s's", a, who, name)
					}
					seen[a] = name
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != projects*(each+1) {
		t.Errorf("%d addresses, want %d", len(seen), projects*(each+1))
	}
	// All of them by asking for them, and one that is somebody else's.
	s := stacks["p0"]
	static := func(id, a string) error {
		_, err := s.CreateSandbox(id, SandboxSpec{Endpoints: []EndpointSpec{{Network: "common", IPv4: a}}})
		return err
	}
	must(t, static("mine", "10.66.0.200"))
	err := static("taken", stacks["p1"].networks["common"].gateway().String())
	if err == nil || !strings.Contains(err.Error(), "in use by p1") {
		t.Errorf("an address of another project: %v", err)
	}
	if err := static("gateway", "10.66.0.1"); err == nil {
		t.Error("the gateway's address was given")
	}
	must(t, s.RemoveSandbox("mine"))
	must(t, static("again", "10.66.0.200"))
}

func TestSharedNetworkErrors(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	a, b := w.open("a"), w.open("b")
	ensure(t, a, common)
	other := common
	other.Subnets = []Subnet{{Subnet: "10.99.0.0/24"}}
	for what, s := range map[string]*Stack{"the member": a, "another": b} {
		if _, err := s.EnsureNetwork(other); !errors.Is(err, ErrDiffers) {
			t.Errorf("%s takes another network for the same: %v", what, err)
		}
	}
	if _, err := b.EnsureNetwork(Network{Name: "own", Subnets: []Subnet{{Subnet: "10.66.0.128/25"}}}); err != nil {
		t.Error(err)
	}
	if _, err := b.EnsureNetwork(common); err == nil || !strings.Contains(err.Error(), "overlaps with 10.66.0.128/25 of network own") {
		t.Errorf("an overlap: %v", err)
	}
	if _, err := open(t, newNamespace(t), newHolder(t)).EnsureNetwork(common); !errors.Is(err, errNotShared) {
		t.Errorf("a stack on its own: %v", err)
	}
}

// Both families, and an isolated, internal network.
func TestSharedNetworkSettings(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	a, b := w.open("a"), w.open("b")
	six := Network{Name: "six", Shared: true, IPv6: true, Internal: true, MTU: 1400, Subnets: []Subnet{
		{Subnet: "10.66.0.0/24", IPRange: "10.66.0.128/25"}, {Subnet: "fd66::/64"}}}
	info := ensure(t, a, six)
	ensure(t, b, six)
	if !info.Internal || info.MTU != 1400 || !info.Gateway6.IsValid() || !netip.MustParsePrefix("10.66.0.128/25").Contains(info.Gateway) {
		t.Errorf("%+v", info)
	}
	web, db := service(t, a, "web-1", "six"), service(t, b, "db-1", "six")
	echo(t, db.NS(), ":80", "db:")
	e := db.Endpoints()[0]
	if e.Gateway6 == info.Gateway6 || !e.IPv6.IsValid() {
		t.Errorf("%+v", e)
	}
	if text, err := call(t, web.NS(), net.JoinHostPort(e.IPv6.String(), "80"), "x"); text != "db:x" || err != nil {
		t.Errorf("by IPv6: %q, %v", text, err)
	}
	msg := ask(t, web.NS(), "udp", "127.0.0.11:53", "db", dnsmessage.TypeAAAA)
	if len(msg.Answers) != 1 || netip.AddrFrom16(msg.Answers[0].Body.(*dnsmessage.AAAAResource).AAAA) != e.IPv6 {
		t.Errorf("AAAA: %v", msg.Answers)
	}
	alone := six
	alone.Name, alone.Isolated, alone.Subnets = "alone", true, []Subnet{{Subnet: "10.68.0.0/24"}, {Subnet: "fd68::/64"}}
	ensure(t, a, alone)
	ensure(t, b, alone)
	x, y := service(t, a, "x-1", "alone"), service(t, b, "y-1", "alone")
	echo(t, y.NS(), ":80", "y:")
	if text, err := tryCall(t, x.NS(), net.JoinHostPort(y.Endpoints()[0].IPv4.String(), "80")); err == nil {
		t.Errorf("isolated containers of two projects talk: %q", text)
	}
}
