package netstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// read reads a setting in ns.
func read(t *testing.T, ns *os.File, key string) (value string) {
	t.Helper()
	visit(t, ns, func() error {
		b, err := os.ReadFile("/proc/sys/net/" + key)
		value = strings.TrimSpace(string(b))
		return err
	})
	return value
}

// inspect runs f with a netlink handle of ns.
func inspect(t *testing.T, ns *os.File, f func(h *netlink.Handle)) {
	t.Helper()
	var h *netlink.Handle
	visit(t, ns, func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	defer h.Close()
	f(h)
}

// addressesIn lists an interface's addresses with their prefixes, sorted, and "!"
// after one that does not count yet.
func addressesIn(t *testing.T, ns *os.File, name string) (all []string) {
	t.Helper()
	inspect(t, ns, func(h *netlink.Handle) {
		l, err := h.LinkByName(name)
		must(t, err)
		addrs, err := h.AddrList(l, netlink.FAMILY_ALL)
		must(t, err)
		for _, a := range addrs {
			text := a.IPNet.String()
			if a.Flags&unix.IFA_F_TENTATIVE != 0 {
				text += "!"
			}
			all = append(all, text)
		}
	})
	slices.Sort(all)
	return all
}

// defaultsIn are the gateways of the default routes.
func defaultsIn(t *testing.T, ns *os.File) (all []string) {
	t.Helper()
	inspect(t, ns, func(h *netlink.Handle) {
		routes, err := h.RouteList(nil, netlink.FAMILY_ALL)
		must(t, err)
		for _, r := range routes {
			if r.Gw != nil {
				all = append(all, r.Gw.String())
			}
		}
	})
	slices.Sort(all)
	return all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// requireIPv6 skips on a kernel without.
func requireIPv6(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/sys/net/ipv6"); err != nil {
		t.Skip("this kernel has IPv6 off: boot it without ipv6.disable=1")
	}
}

// Services of a network with IPv6 reach each other by it at once, by name too.
func TestIPv6BetweenServices(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "both", IPv6: true})
	six := ensure(t, s, Network{Name: "six", IPv6: true, NoIPv4: true, Subnets: []Subnet{{Subnet: "fd77::/64", Gateway: "fd77::ffff"}}})
	if six.Subnet.IsValid() || six.Subnet6 != netip.MustParsePrefix("fd77::/64") || six.Gateway6 != netip.MustParseAddr("fd77::ffff") {
		t.Errorf("%+v", six)
	}
	web, db := service(t, s, "web-1", "both"), service(t, s, "db-1", "both", "six")
	only := service(t, s, "only-1", "six")
	for _, from := range []*Sandbox{web, only} {
		echo(t, from.NS(), ":80", from.id+":")
		for _, e := range from.Endpoints() {
			for _, a := range e.Addresses() {
				out, err := call(t, db.NS(), net.JoinHostPort(a.String(), "80"), "x")
				if out != from.id+":x" || err != nil {
					t.Errorf("db to %s: %q, %v", a, out, err)
				}
			}
		}
	}
	e := web.Endpoints()[0]
	same(t, "eth0", addressesIn(t, web.NS(), "eth0"), sorted(
		fmt.Sprintf("%s/24", e.IPv4), fmt.Sprintf("%s/64", e.IPv6), ether.LinkLocal(ether.MACFor(e.IPv4)).String()+"/64"))
	var got []netip.Addr
	for _, r := range ask(t, db.NS(), "udp", "127.0.0.11:53", "web", dnsmessage.TypeAAAA).Answers {
		got = append(got, netip.AddrFrom16(r.Body.(*dnsmessage.AAAAResource).AAAA))
	}
	if !slices.Equal(got, []netip.Addr{e.IPv6}) {
		t.Errorf("AAAA of web: %v, want %s", got, e.IPv6)
	}
	if got := addresses(t, db, "web"); !slices.Equal(got, []netip.Addr{e.IPv4}) {
		t.Errorf("A of web: %v", got)
	}
	// What has no IPv6 keeps none, but ::1.
	plain := ensure(t, s, Network{Name: "plain"})
	if plain.Subnet6.IsValid() {
		t.Errorf("%+v", plain)
	}
	mixed := service(t, s, "mixed-1", "plain", "six")
	lone := service(t, s, "lone-1", "plain")
	for _, sb := range []*Sandbox{mixed, lone} {
		if got := addressesIn(t, sb.NS(), "eth0"); len(got) != 1 {
			t.Errorf("%s has %q", sb.id, got)
		}
		echo(t, sb.NS(), "[::1]:9", "lo")
		if out, err := call(t, sb.NS(), "[::1]:9", ""); out != "lo" || err != nil {
			t.Errorf("%s: ::1: %q, %v", sb.id, out, err)
		}
	}
	if _, err := call(t, only.NS(), "["+mixed.Endpoints()[1].IPv6.String()+"]:9", ""); err == nil {
		t.Error("a server on ::1 alone was reached")
	}
	if v := read(t, mixed.NS(), "ipv6/conf/eth1/accept_ra"); v != "0" {
		t.Errorf("a neighbour can announce itself as a router: accept_ra=%s", v)
	}
}

func sorted(list ...string) []string { slices.Sort(list); return list }

// The host may forward IPv6, have it off by default, or both copied to namespaces.
func TestInheritedIPv6SettingsAreReplaced(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	s := open(t, newNamespace(t), newHolder(t))
	for _, was := range []map[string]string{
		{"ipv6/conf/all/forwarding": "1"},
		{"ipv6/conf/default/disable_ipv6": "1", "ipv6/conf/lo/disable_ipv6": "1"},
		{},
	} {
		ns := newNamespace(t)
		visit(t, ns, func() error {
			for key, value := range was {
				if err := os.WriteFile("/proc/sys/net/"+key, []byte(value), 0); err != nil {
					return err
				}
			}
			inside, err := openRTNetlink()
			if err != nil {
				return err
			}
			defer inside.close()
			return s.configure(inside, true)
		})
		for _, key := range []string{"ipv6/conf/all/forwarding", "ipv6/conf/default/disable_ipv6", "ipv6/conf/lo/disable_ipv6", "ipv6/conf/default/accept_ra"} {
			if v := read(t, ns, key); v != "0" {
				t.Errorf("%v: %s=%s", was, key, v)
			}
		}
		same(t, "lo", addressesIn(t, ns, "lo"), []string{"127.0.0.1/8", "::1/128"})
	}
}

// Each demand of an endpoint is met, and the default routes follow the priorities.
func TestEndpointsAsAsked(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "a", IPv6: true, Subnets: []Subnet{{Subnet: "10.77.0.0/16"}, {Subnet: "fd77::/64"}}, MTU: 1400})
	ensure(t, s, Network{Name: "b", IPv6: true, Subnets: []Subnet{{Subnet: "10.78.0.0/24"}, {Subnet: "fd78::/64"}}})
	ensure(t, s, Network{Name: "in", Internal: true})
	must(t, s.SetIPv6Way(true))
	spec := SandboxSpec{Endpoints: []EndpointSpec{
		{
			Network: "a", IPv4: "10.77.9.9", IPv6: "fd77::9", MAC: "02:42:ac:11:00:02", Interface: "eth1",
			LinkLocal: []string{"169.254.8.8", "fe80::8"}, Sysctls: []string{"net.ipv4.conf.IFNAME.log_martians=1", "net.ipv6.conf.IFNAME.hop_limit=7"},
		},
		{Network: "in", GatewayPriority: 99},
		{Network: "b", GatewayPriority: 5, Interface: "wan.0", Sysctls: []string{"net.ipv4.conf.IFNAME.log_martians=1"}},
	}}
	sb, err := s.CreateSandbox("web-1", spec)
	must(t, err)
	var names []string
	for _, e := range sb.Endpoints() {
		names = append(names, e.Interface)
	}
	same(t, "interfaces", names, []string{"eth1", "eth0", "wan.0"})
	same(t, "eth1", addressesIn(t, sb.NS(), "eth1"), sorted("10.77.9.9/16", "fd77::9/64", "fe80::42:acff:fe11:2/64", "169.254.8.8/16", "fe80::8/64"))
	same(t, "default routes", defaultsIn(t, sb.NS()), []string{"10.78.0.1", "fd78::1"})
	inspect(t, sb.NS(), func(h *netlink.Handle) {
		l, err := h.LinkByName("eth1")
		must(t, err)
		if a := l.Attrs(); a.MTU != 1400 || a.HardwareAddr.String() != "02:42:ac:11:00:02" {
			t.Errorf("eth1 has MTU %d and %s", a.MTU, a.HardwareAddr)
		}
	})
	for key, want := range map[string]string{"ipv4/conf/eth1/log_martians": "1", "ipv6/conf/eth1/hop_limit": "7", "ipv4/conf/wan.0/log_martians": "1"} {
		if v := read(t, sb.NS(), key); v != want {
			t.Errorf("%s=%s", key, v)
		}
	}
	// Without a priority the first by name gives the route, wherever it stands.
	tie, err := s.CreateSandbox("tie-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "b"}, {Network: "a"}}})
	must(t, err)
	same(t, "default routes of equals", defaultsIn(t, tie.NS()), []string{"10.77.0.1", "fd77::1"})
	// The host loses IPv6, and gets it back.
	must(t, s.SetIPv6Way(false))
	same(t, "default routes without IPv6", defaultsIn(t, sb.NS()), []string{"10.78.0.1"})
	late, err := s.CreateSandbox("late-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "a"}}})
	must(t, err)
	same(t, "a late one", defaultsIn(t, late.NS()), []string{"10.77.0.1"})
	must(t, s.SetIPv6Way(true))
	same(t, "a late one with IPv6", defaultsIn(t, late.NS()), []string{"10.77.0.1", "fd77::1"})
}

func TestEndpointsThatCannotBe(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n", Subnets: []Subnet{{Subnet: "10.77.0.0/24", IPRange: "10.77.0.8/31", Aux: map[string]string{"printer": "10.77.0.9"}}}})
	service(t, s, "web-1", "n")
	for _, c := range []struct {
		e    EndpointSpec
		want string
	}{
		{EndpointSpec{Network: "n"}, "range 10.77.0.8/31 of subnet 10.77.0.0/24: no free address is left"},
		{EndpointSpec{Network: "n", IPv4: "10.77.0.8"}, "address 10.77.0.8 of subnet 10.77.0.0/24 is in use by web-1"},
		{EndpointSpec{Network: "n", IPv4: "10.78.0.8"}, "address 10.78.0.8 is not a host address of subnet 10.77.0.0/24"},
		{EndpointSpec{Network: "n", IPv4: "10.77.0.20", IPv6: "fd00::2"}, "fd00::2: the network has no IPv6"},
		{EndpointSpec{Network: "n", IPv4: "10.77.0.20", MAC: "01:02:03:04:05:06"}, "is not a hardware address"},
		{EndpointSpec{Network: "n", IPv4: "10.77.0.20", Interface: "a/b"}, "interface name"},
		{EndpointSpec{Network: "n", IPv4: "10.77.0.20", LinkLocal: []string{"x"}}, "link_local_ips"},
		{EndpointSpec{Network: "n", IPv4: "10.77.0.20", LinkLocal: []string{"fe80::8"}}, "the network has no IPv6"},
		{EndpointSpec{Network: "n", IPv4: "10.77.0.20", Sysctls: []string{"net.ipv4.conf.all.forwarding=1"}}, "is not a setting of an interface"},
		{EndpointSpec{Network: "gone"}, "network gone does not exist"},
	} {
		_, err := s.CreateSandbox("bad-1", SandboxSpec{Endpoints: []EndpointSpec{c.e}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.e, err, c.want)
		}
	}
	if n := s.Networks()[0].Endpoints; n != 1 {
		t.Errorf("%d endpoints are left, want 1", n)
	}
	for _, bad := range []Network{
		{Name: "x", NoIPv4: true}, {Name: "x", MTU: 67}, {Name: "x", MTU: 65536}, {Name: "x", IPv6: true, MTU: 1279}, {Name: "x", Bridge: "a b"},
		{Name: "x", Subnets: []Subnet{{Subnet: "10.9.0.0/24"}, {Subnet: "10.8.0.0/24"}}},
		{Name: "x", NoIPv4: true, IPv6: true, Subnets: []Subnet{{Subnet: "10.9.0.0/24"}}},
		{Name: "x", Subnets: []Subnet{{Subnet: "10.9.0.0/24", IPRange: "10.8.0.0/25"}}}, {Name: "x", Subnets: []Subnet{{Subnet: "10.9.0.0/24", Aux: map[string]string{"a": "b"}}}},
	} {
		if info, err := s.EnsureNetwork(bad); err == nil {
			t.Errorf("%+v was made: %+v", bad, info)
		}
	}
	_, err := s.EnsureNetwork(Network{Name: "x", Subnets: []Subnet{{Subnet: "10.77.0.128/25"}}})
	if err == nil || err.Error() != "network x: subnet 10.77.0.128/25 overlaps with 10.77.0.0/24 of network n: choose another subnet for one of them" {
		t.Errorf("overlap: %v", err)
	}
}

// A new stack reads all of a network back from the kernel; ranges come with the
// next EnsureNetwork, and the addresses in use stay.
func TestAdoptNetworks(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	router, k := newNamespace(t), newHolder(t)
	first := open(t, router, k)
	specs := []Network{
		{Name: "a", IPv6: true, MTU: 1400, Bridge: "br-a", Internal: true, Isolated: true, Subnets: []Subnet{{Subnet: "10.77.0.0/24", Gateway: "10.77.0.9", IPRange: "10.77.0.128/25"}}},
		{Name: "b", NoIPv4: true, IPv6: true}, {Name: "c"}, {Name: "d", Internal: true}, {Name: strings.Repeat("long", 20)},
	}
	for _, n := range specs {
		ensure(t, first, n)
	}
	sb := service(t, first, "web-1", "a", "b")
	was, infos := first.Networks(), sb.Endpoints()
	record, err := json.Marshal(infos)
	must(t, err)
	must(t, first.Close())

	second := open(t, router, k)
	infos = nil
	must(t, json.Unmarshal(record, &infos))
	adopted, err := second.AdoptSandbox("web-1", sb.spec, infos)
	must(t, err)
	if now := second.Networks(); !reflect.DeepEqual(now, was) {
		t.Errorf("networks were\n%+v and are\n%+v", was, now)
	}
	// A record that is older than the network must not take it from who stands there.
	must(t, second.AdoptNetwork(Network{Name: "a", Subnets: []Subnet{{Subnet: "10.9.0.0/24"}}}))
	must(t, second.AdoptNetwork(Network{Name: "gone"}))
	if now := second.Networks(); !reflect.DeepEqual(now, was) {
		t.Errorf("after an old record, networks are\n%+v", now)
	}
	for _, n := range specs {
		must(t, second.AdoptNetwork(n))
	}
	if got := service(t, second, "next-1", "a").Endpoints()[0].IPv4.String(); got != "10.77.0.129" {
		t.Errorf("the next address is %s", got)
	}
	if _, err := second.CreateSandbox("same-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "b", IPv6: infos[1].IPv6.String()}}}); err == nil {
		t.Error("an IPv6 address was given twice")
	}
	if !reflect.DeepEqual(adopted.Endpoints(), sb.Endpoints()) {
		t.Errorf("endpoints were\n%+v and are\n%+v", sb.Endpoints(), adopted.Endpoints())
	}
	if _, err := second.EnsureNetwork(Network{Name: "a"}); !errors.Is(err, ErrDiffers) {
		t.Errorf("other settings: %v", err)
	}
	must(t, second.RemoveSandbox("web-1"))
	must(t, second.RemoveSandbox("next-1"))
	for _, n := range second.Networks() {
		if n.Endpoints != 0 {
			t.Errorf("network %s has %d endpoints", n.Name, n.Endpoints)
		}
		if n.Name == "a" && n.MTU != 1400 || n.Name == "c" && n.MTU != MTU {
			t.Errorf("network %s has MTU %d", n.Name, n.MTU)
		}
	}
	// The kernel must not have changed the bridge's own MTU with its last port.
	inspect(t, router, func(h *netlink.Handle) {
		for _, n := range second.Networks() {
			l, err := h.LinkByName(n.Bridge)
			must(t, err)
			if l.Attrs().MTU != n.MTU {
				t.Errorf("bridge %s has MTU %d, want %d", n.Bridge, l.Attrs().MTU, n.MTU)
			}
		}
	})
}

// With enable_icc: false containers reach the bridge, but not each other.
func TestIsolatedEndpoints(t *testing.T) {
	if !isolated(t) {
		return
	}
	router := newNamespace(t)
	s := open(t, router, newHolder(t))
	n := ensure(t, s, Network{Name: "n", Isolated: true})
	a, b := service(t, s, "a-1", "n"), service(t, s, "b-1", "n")
	echo(t, b.NS(), ":80", "b")
	if out, err := tryCall(t, a.NS(), b.Endpoints()[0].IPv4.String()+":80"); err == nil {
		t.Errorf("an isolated neighbour was reached: %q", out)
	}
	out, err := tryCall(t, router, b.Endpoints()[0].IPv4.String()+":80")
	if out != "b" || err != nil {
		t.Errorf("from the bridge: %q, %v", out, err)
	}
	if !n.Isolated {
		t.Error("it is not said")
	}
}

// Only who asked for the host has a way to it, by the gateway of its default
// network.
func TestHostAccess(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	s := open(t, newNamespace(t), newHolder(t))
	a := ensure(t, s, Network{Name: "a", IPv6: true})
	b := ensure(t, s, Network{Name: "b"})
	ensure(t, s, Network{Name: "in", Internal: true})
	plain := service(t, s, "plain-1", "a", "b")
	both := []EndpointSpec{{Network: "a"}, {Network: "b"}}
	asks, err := s.CreateSandbox("asks-1", SandboxSpec{Endpoints: both, HostGateway: true})
	must(t, err)
	loop, err := s.CreateSandbox("loop-1", SandboxSpec{Endpoints: both, HostGateway: true, HostLoopback: true})
	must(t, err)
	in, err := s.CreateSandbox("in-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "in"}}, HostGateway: true})
	must(t, err)
	if got := s.HostGateway(asks); !slices.Equal(got, []netip.Addr{a.Gateway, a.Gateway6}) {
		t.Errorf("host-gateway is %v", got)
	}
	if got := s.HostGateway(in); got != nil {
		t.Errorf("host-gateway of an internal network is %v", got)
	}
	for sb, want := range map[*Sandbox]HostAccess{plain: NoHost, asks: HostAddress, loop: HostLoopback} {
		e := sb.Endpoints()[0]
		if got := s.HostAccess(e.IPv4, a.Gateway); got != want {
			t.Errorf("%s: %v, want %v", sb.id, got, want)
		}
		if got := s.HostAccess(e.IPv6, a.Gateway6); got != want {
			t.Errorf("%s by IPv6: %v, want %v", sb.id, got, want)
		}
		if got := s.HostAccess(sb.Endpoints()[1].IPv4, b.Gateway); got != NoHost {
			t.Errorf("%s by another gateway: %v", sb.id, got)
		}
	}
	from := asks.Endpoints()[0].IPv4
	must(t, s.RemoveSandbox("asks-1"))
	if got := s.HostAccess(from, a.Gateway); got != NoHost {
		t.Errorf("after its removal: %v", got)
	}
}

// Subnets that are chosen avoid the host's routes in both families.
func TestIPv6SubnetAvoidsHostRoutes(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	s := open(t, newNamespace(t), newHolder(t))
	wish, err := ipam.Choose6("n", nil)
	must(t, err)
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	must(t, err)
	defer h.Close()
	lo, err := h.LinkByName("lo")
	must(t, err)
	must(t, h.AddrAdd(lo, &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(wish.Addr().Next(), 48)), Flags: unix.IFA_F_NODAD}))
	if got := ensure(t, s, Network{Name: "n", IPv6: true}).Subnet6; got.Overlaps(wish) || !got.IsValid() {
		t.Errorf("chosen %s beside a route to %s", got, wish)
	}
	if got := ensure(t, s, Network{Name: "m", IPv6: true}).Subnet6; got.Addr().As16()[0] != 0xfd {
		t.Errorf("chosen %s", got)
	}
}

// A successor with the address and another hardware address is found at once, by
// who had talked to its predecessor.
func TestNeighboursLearnOfAnotherMAC(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n", IPv6: true, Subnets: []Subnet{{Subnet: "10.77.0.0/24"}, {Subnet: "fd77::/64"}}})
	ask := service(t, s, "ask-1", "n")
	for _, mac := range []string{"02:00:00:00:00:01", "02:00:00:00:00:02", ""} {
		web, err := s.CreateSandbox("web-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "n", IPv4: "10.77.0.9", IPv6: "fd77::9", MAC: mac}}})
		must(t, err)
		mac = web.Endpoints()[0].MAC
		echo(t, web.NS(), ":80", mac)
		for _, to := range []string{"10.77.0.9:80", "[fd77::9]:80"} {
			if out, err := call(t, ask.NS(), to, ""); out != mac || err != nil {
				t.Fatalf("%s: %q, %v, want %s", to, out, err, mac)
			}
			inspect(t, ask.NS(), func(h *netlink.Handle) {
				all, err := h.NeighList(0, netlink.FAMILY_ALL)
				must(t, err)
				for _, n := range all {
					if (n.IP.Equal(net.IP{10, 77, 0, 9}) || n.IP.Equal(net.ParseIP("fd77::9"))) && n.HardwareAddr != nil && n.HardwareAddr.String() != mac {
						t.Errorf("the neighbour takes %s for %s, which is %s", n.HardwareAddr, n.IP, mac)
					}
				}
			})
		}
		must(t, s.RemoveSandbox("web-1"))
	}
}
