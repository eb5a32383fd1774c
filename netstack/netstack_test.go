package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestServicesReachEachOther(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	net1 := ensure(t, s, Network{Name: "demo_default"})
	web, db := service(t, s, "web-1", "demo_default"), service(t, s, "db-1", "demo_default")
	echo(t, db.NS(), ":80", "db:") // below 1024: services need no capability for it

	got := addresses(t, web, "db")
	if want := db.Endpoints()[0].IPv4; !slices.Equal(got, []netip.Addr{want}) {
		t.Fatalf("db is at %v, the resolver says %v", want, got)
	}
	if !net1.Subnet.Contains(got[0]) {
		t.Errorf("%s is outside %s", got[0], net1.Subnet)
	}
	out, err := call(t, web.NS(), got[0].String()+":80", "hello")
	if out != "db:hello" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
	out, err = call(t, db.NS(), "127.0.0.1:80", "self")
	if out != "db:self" || err != nil {
		t.Errorf("by loopback: got %q, %v", out, err)
	}
}

func TestNamesByTCPAndReverse(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n"})
	web := service(t, s, "web-1", "n")
	addr := web.Endpoints()[0].IPv4
	m := ask(t, web.NS(), "tcp", "127.0.0.11:53", "web.n", dnsmessage.TypeA)
	if len(m.Answers) != 1 || m.RCode != 0 {
		t.Errorf("web.n by tcp: %+v", m)
	}
	b := addr.As4()
	slices.Reverse(b[:])
	m = ask(t, web.NS(), "udp", "127.0.0.11:53", netip.AddrFrom4(b).String()+".in-addr.arpa", dnsmessage.TypePTR)
	if len(m.Answers) != 1 || m.Answers[0].Body.(*dnsmessage.PTRResource).PTR.String() != "web-1.n." {
		t.Errorf("reverse of %s: %+v", addr, m)
	}
	s.SetReachable("web-1", false)
	if m = ask(t, web.NS(), "udp", "127.0.0.11:53", "web", dnsmessage.TypeA); m.RCode != dnsmessage.RCodeNameError {
		t.Errorf("a stopped container's name is answered: %+v", m)
	}
}

// A container that serves names itself gets port 53 for itself, and asks the
// gateway.
func TestContainerWithItsOwnPort53(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	n := ensure(t, s, Network{Name: "n"})
	service(t, s, "web-1", "n")
	pi, err := s.CreateSandbox("pihole-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "n"}}, ExposesDNS: true})
	if err != nil {
		t.Fatal(err)
	}
	echo(t, pi.NS(), ":53", "")
	if pi.Nameserver() != n.Gateway {
		t.Errorf("nameserver is %s, want the gateway %s", pi.Nameserver(), n.Gateway)
	}
	if got := addresses(t, pi, "web"); len(got) != 1 {
		t.Errorf("web by the gateway: %v", got)
	}
}

func TestNetworksAreIsolated(t *testing.T) {
	if !isolated(t) {
		return
	}
	// A host that forwards must not make routers of the namespaces.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		t.Logf("this host's forwarding stays off: %v", err)
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "front"})
	ensure(t, s, Network{Name: "back", Internal: true})
	web, api, db := service(t, s, "web-1", "front"), service(t, s, "api-1", "back", "front"), service(t, s, "db-1", "back")
	for _, sb := range []*Sandbox{web, api, db} {
		echo(t, sb.NS(), ":7", sb.id)
	}
	for _, from := range []*Sandbox{web, api, db} {
		for _, to := range []*Sandbox{web, api, db} {
			for _, e := range to.Endpoints() {
				legal := slices.ContainsFunc(from.Endpoints(), func(o EndpointInfo) bool { return o.Network == e.Network })
				out, err := tryCall(t, from.NS(), e.IPv4.String()+":7")
				if legal != (err == nil) || legal && out != to.id {
					t.Errorf("%s to %s on %s: legal %t, got %q, %v", from.id, to.id, e.Network, legal, out, err)
				}
			}
		}
	}
	if got := addresses(t, web, "db"); got != nil {
		t.Errorf("web learns of db on a network that it is not on: %v", got)
	}
	if got := addresses(t, api, "db"); len(got) != 1 {
		t.Errorf("api does not find db: %v", got)
	}
	if m := ask(t, db.NS(), "udp", "127.0.0.11:53", "example.com", dnsmessage.TypeA); m.RCode != dnsmessage.RCodeNameError {
		t.Errorf("a question left an internal network: %+v", m)
	}
}

// The host's loopback is closed to services by any address.
func TestHostLoopbackIsClosed(t *testing.T) {
	if !isolated(t) {
		return
	}
	router := newNamespace(t)
	s := open(t, router, newHolder(t))
	n := ensure(t, s, Network{Name: "n"})
	web := service(t, s, "web-1", "n")
	hostNS, err := os.Open("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer hostNS.Close()
	echo(t, hostNS, "127.0.0.1:9999", "host")
	echo(t, hostNS, "[::1]:9999", "host")
	for _, to := range []string{n.Gateway.String() + ":9999", "127.0.0.1:9999", "[::1]:9999", "198.51.100.7:9999"} {
		if out, err := tryCall(t, web.NS(), to); err == nil {
			t.Errorf("a service reached the host by %s: %q", to, out)
		}
	}
}

func TestNoNetwork(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	sb, err := s.CreateSandbox("job-1", SandboxSpec{NoNetwork: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := links(t, sb.NS()); !slices.Equal(got, []string{"lo"}) {
		t.Errorf("interfaces: %v", got)
	}
	if sb.Nameserver().IsValid() || len(sb.Endpoints()) != 0 {
		t.Error("a resolver without a network")
	}
	// Nothing is in the way of a published port, though: it goes by loopback.
	echo(t, sb.NS(), "127.0.0.1:80", "job")
	p, err := s.Publish("job-1", PortSpec{HostIP: "127.0.0.1", Target: 80})
	if err != nil {
		t.Fatal(err)
	}
	opened(t, hostAddr(p))
	if out, err := call(t, nil, hostAddr(p), ""); out != "job" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	if !isolated(t) {
		return
	}
	router, k := newNamespace(t), newHolder(t)
	before := runtime.NumGoroutine()
	s := open(t, router, k)
	for range 3 {
		ensure(t, s, Network{Name: "a"})
		ensure(t, s, Network{Name: "b", Subnets: []Subnet{{Subnet: "10.77.0.0/24"}}})
		service(t, s, "web-1", "a", "b")
		if _, err := s.CreateSandbox("dns-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "b", IPv4: "10.77.0.9"}}, ExposesDNS: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Publish("web-1", PortSpec{Target: 80}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"web-1", "dns-1", "never-1"} {
			if err := s.RemoveSandbox(id); err != nil {
				t.Error(err)
			}
		}
		for _, n := range []string{"a", "b", "never"} {
			if err := s.RemoveNetwork(n); err != nil {
				t.Error(err)
			}
		}
		if left := k.names(); len(left) != 0 {
			t.Errorf("kept: %v", left)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	noMoreGoroutines(t, before)
	settles(t, "only lo in R", func() bool { return slices.Equal(links(t, router), []string{"lo"}) })
}

func TestAFailedSandboxLeavesNothing(t *testing.T) {
	if !isolated(t) {
		return
	}
	router, k := newNamespace(t), newHolder(t)
	s := open(t, router, k)
	ensure(t, s, Network{Name: "n", Subnets: []Subnet{{Subnet: "10.77.0.0/24"}}})
	service(t, s, "web-1", "n")
	taken := service(t, s, "web-2", "n").Endpoints()[0].IPv4.String()
	names := len(k.names())
	for what, spec := range map[string]SandboxSpec{
		"does not exist":     {Endpoints: []EndpointSpec{{Network: "n"}, {Network: "other"}}},
		"in use by web-2":    {Endpoints: []EndpointSpec{{Network: "n", IPv4: taken}}},
		"is the gateway":     {Endpoints: []EndpointSpec{{Network: "n", IPv4: "10.77.0.1"}}},
		"not a host address": {Endpoints: []EndpointSpec{{Network: "n", IPv4: "10.78.0.1"}}},
		"unable to parse":    {Endpoints: []EndpointSpec{{Network: "n", IPv4: "ten"}}},
		"keep dns/bad-1/tcp": {Endpoints: []EndpointSpec{{Network: "n"}}},
	} {
		if strings.HasPrefix(what, "keep") {
			s.files.keeper = refusing{k}
		}
		if _, err := s.CreateSandbox("bad-1", spec); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("want an error with %q, got %v", what, err)
		}
		s.files.keeper = k
	}
	if got := len(k.names()); got != names {
		t.Errorf("%d files kept, want %d", got, names)
	}
	if got := s.Networks()[0].Endpoints; got != 2 {
		t.Errorf("%d addresses in use, want 2", got)
	}
	settles(t, "four interfaces in R", func() bool { return len(links(t, router)) == 4 })
}

type refusing struct{ *holder }

func (refusing) KeepAll(map[string]*os.File) error { return errors.New("the project holder is gone") }

func TestNetworkWithOtherSettings(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	first := ensure(t, s, Network{Name: "n"})
	if again := ensure(t, s, Network{Name: "n"}); again != first {
		t.Errorf("the same again: %+v, then %+v", first, again)
	}
	changed := ensure(t, s, Network{Name: "n", Subnets: []Subnet{{Subnet: "10.77.0.0/24", Gateway: "10.77.0.254"}}, Internal: true})
	if changed.Subnet.String() != "10.77.0.0/24" || changed.Gateway.String() != "10.77.0.254" || !changed.Internal {
		t.Errorf("a network without endpoints was not made anew: %+v", changed)
	}
	service(t, s, "web-1", "n")
	if _, err := s.EnsureNetwork(Network{Name: "n", Subnets: []Subnet{{Subnet: "10.78.0.0/24"}}}); !errors.Is(err, ErrDiffers) {
		t.Errorf("want ErrDiffers, got %v", err)
	}
	for _, bad := range []Network{
		{}, {Name: "x", Subnets: []Subnet{{Subnet: "10.77.0.0"}}}, {Name: "x", Subnets: []Subnet{{Gateway: "10.9.0.1"}}}, {Name: "x", Subnets: []Subnet{{Subnet: "fd00::/64"}}},
		{Name: "x", Subnets: []Subnet{{Subnet: "10.77.0.0/16"}}}, {Name: "x", Subnets: []Subnet{{Subnet: "10.9.0.0/24", Gateway: "10.8.0.1"}}},
	} {
		if _, err := s.EnsureNetwork(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

// The supervisor starts and stops many containers at a time.
func TestManyAtOnce(t *testing.T) {
	if !isolated(t) {
		return
	}
	router, k := newNamespace(t), newHolder(t)
	s := open(t, router, k)
	ensure(t, s, Network{Name: "a"})
	ensure(t, s, Network{Name: "b"})
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			id := fmt.Sprintf("web-%d", i)
			spec := SandboxSpec{Names: []string{"web"}, Endpoints: []EndpointSpec{{Network: "a"}, {Network: "b"}}}
			for range 3 {
				sb, err := s.CreateSandbox(id, spec)
				if err != nil {
					t.Error(err)
					return
				}
				s.SetReachable(id, true)
				if _, err := s.Publish(id, PortSpec{HostIP: "127.0.0.1", Target: 80}); err != nil {
					t.Error(err)
				}
				if len(sb.Endpoints()) != 2 || len(s.Networks()) != 2 {
					t.Errorf("%s: %+v", id, sb.Endpoints())
				}
				if err := s.RemoveSandbox(id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	// The networks are still there, and with them the way out.
	left := slices.DeleteFunc(k.names(), func(name string) bool { return strings.HasPrefix(name, "relay/") })
	if len(left) != 0 {
		t.Errorf("kept: %v", left)
	}
	for _, n := range s.Networks() {
		if n.Endpoints != 0 {
			t.Errorf("%d addresses of %s are still in use", n.Endpoints, n.Name)
		}
	}
	settles(t, "only lo and two bridges in R", func() bool { return len(links(t, router)) == 3 })
}
