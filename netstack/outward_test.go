package netstack

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// internet is a net namespace beyond the host: 198.18.0.2 and 2001:db8::2, where
// the host has .1 and ::1 and its default routes.
type internet struct {
	t  *testing.T
	ns *os.File
}

func newInternet(t *testing.T) *internet {
	t.Helper()
	n := &internet{t, newNamespace(t)}
	for _, key := range []string{"ipv6/conf/default/accept_dad", "ipv6/conf/all/accept_dad"} {
		must(t, os.WriteFile("/proc/sys/net/"+key, []byte("0"), 0))
		visit(t, n.ns, func() error { return os.WriteFile("/proc/sys/net/"+key, []byte("0"), 0) })
	}
	fd := int(n.ns.Fd())
	must(t, netlink.LinkAdd(&netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: "wan", MTU: 1500, TxQLen: -1}, PeerName: "wan", PeerNamespace: netlink.NsFd(fd),
	}))
	up := func(v4, v6 string) func() error {
		return func() error {
			h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
			if err != nil {
				return err
			}
			defer h.Close()
			for _, name := range []string{"lo", "wan"} {
				l, err := h.LinkByName(name)
				if err != nil {
					return err
				}
				if err := h.LinkSetUp(l); err != nil {
					return err
				}
				if name == "lo" {
					continue
				}
				for _, a := range []string{v4, v6} {
					p := netip.MustParsePrefix(a)
					if err := h.AddrAdd(l, &netlink.Addr{IPNet: ipNet(p), Flags: unix.IFA_F_NODAD}); err != nil {
						return err
					}
				}
			}
			return nil
		}
	}
	must(t, up("198.18.0.1/24", "2001:db8::1/64")())
	visit(t, n.ns, up("198.18.0.2/24", "2001:db8::2/64"))
	n.defaultRoute(unix.AF_INET, "198.18.0.2", true)
	n.defaultRoute(unix.AF_INET6, "2001:db8::2", true)
	return n
}

// defaultRoute adds or removes one on the host.
func (n *internet) defaultRoute(family int, via string, there bool) {
	n.t.Helper()
	wan, err := netlink.LinkByName("wan")
	must(n.t, err)
	all := map[int]string{unix.AF_INET: "0.0.0.0/0", unix.AF_INET6: "::/0"}[family]
	r := &netlink.Route{Dst: ipNet(netip.MustParsePrefix(all)), Gw: net.IP(netip.MustParseAddr(via).AsSlice()), LinkIndex: wan.Attrs().Index}
	if there {
		// The link is up a little later.
		settles(n.t, "the default route by "+via, func() bool { return netlink.RouteReplace(r) == nil })
	} else {
		must(n.t, netlink.RouteDel(r))
	}
}

// echoUDP answers each datagram with the sender's address and the datagram.
func (n *internet) echoUDP(addr string) {
	n.t.Helper()
	var c net.PacketConn
	visit(n.t, n.ns, func() (err error) {
		c, err = net.ListenPacket("udp", addr)
		return err
	})
	n.t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 65535)
		for {
			size, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(append([]byte(from.(*net.UDPAddr).IP.String()+" "), buf[:size]...), from)
		}
	}()
}

// askUDP sends one datagram from ns and returns the answer.
func askUDP(t *testing.T, ns *os.File, addr, text string) (string, error) {
	t.Helper()
	var c net.Conn
	visit(t, ns, func() (err error) {
		c, err = net.Dial("udp", addr)
		return err
	})
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(patience)))
	if _, err := c.Write([]byte(text)); err != nil {
		return "", err
	}
	buf := make([]byte, 65535)
	n, err := c.Read(buf)
	return string(buf[:n]), err
}

// outward is a stack with one service that has both families, and an internet.
func outward(t *testing.T) (*internet, *Stack, *Sandbox) {
	t.Helper()
	n := newInternet(t)
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n", IPv6: true})
	return n, s, service(t, s, "web-1", "n")
}

// hasRoute6 tells whether ns has a default route by IPv6.
func hasRoute6(t *testing.T, ns *os.File) bool {
	t.Helper()
	var h *netlink.Handle
	visit(t, ns, func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	defer h.Close()
	routes, err := dump(func() ([]netlink.Route, error) { return h.RouteList(nil, unix.AF_INET6) })
	must(t, err)
	return slices.ContainsFunc(routes, func(r netlink.Route) bool { return r.Gw != nil && (r.Dst == nil || r.Dst.IP.IsUnspecified()) })
}

// IPv6 is offered while the host can route it: to services that run, to new ones,
// and to those that a new supervisor finds.
func TestIPv6FollowsTheHost(t *testing.T) {
	if !isolated(t) {
		return
	}
	n := newInternet(t)
	router, k := newNamespace(t), newHolder(t)
	s := open(t, router, k)
	ensure(t, s, Network{Name: "n", IPv6: true})
	web := service(t, s, "web-1", "n")
	if !hasRoute6(t, web.NS()) {
		t.Error("the host has a route, the service has none")
	}
	n.defaultRoute(unix.AF_INET6, "2001:db8::2", false)
	settles(t, "the route is gone", func() bool { return !hasRoute6(t, web.NS()) })
	if late := service(t, s, "late-1", "n"); hasRoute6(t, late.NS()) {
		t.Error("a new service has a route that the host has not")
	}
	n.defaultRoute(unix.AF_INET6, "2001:db8::2", true)
	settles(t, "the route is back", func() bool { return hasRoute6(t, web.NS()) })
	spec, infos := web.spec, web.Endpoints()
	must(t, s.Close())
	n.defaultRoute(unix.AF_INET6, "2001:db8::2", false)
	second := open(t, router, k)
	again, err := second.AdoptSandbox("web-1", spec, infos)
	must(t, err)
	if hasRoute6(t, again.NS()) {
		t.Error("the route was lost while nobody looked, and is still there")
	}
}

// A supervisor that takes over finds the relay's sockets and the rules: what was
// begun while nobody was there is served.
func TestRelayIsAdopted(t *testing.T) {
	if !isolated(t) {
		return
	}
	n := newInternet(t)
	router, k := newNamespace(t), newHolder(t)
	echo(t, n.ns, "198.18.0.2:7", "net:")
	n.echoUDP("198.18.0.2:7")
	first := open(t, router, k)
	ensure(t, first, Network{Name: "n"})
	web := service(t, first, "web-1", "n")
	spec, infos := web.spec, web.Endpoints()
	ns, err := duplicate(web.NS())
	must(t, err)
	defer ns.Close()
	before := k.names()
	must(t, first.Close())

	type answer struct {
		out string
		err error
	}
	answers := make(chan answer, 2)
	go func() {
		out, err := call(t, ns, "198.18.0.2:7", "hello")
		answers <- answer{out, err}
	}()
	var c net.Conn
	visit(t, ns, func() (err error) {
		c, err = net.Dial("udp", "198.18.0.2:7")
		return err
	})
	defer c.Close()
	_, err = c.Write([]byte("waiting"))
	must(t, err)
	time.Sleep(100 * time.Millisecond) // until the SYN has come and nobody has seen it

	second := open(t, router, k)
	_, err = second.AdoptSandbox("web-1", spec, infos)
	must(t, err)
	if a := <-answers; a.out != "net:hello" || a.err != nil {
		t.Errorf("tcp: %q, %v", a.out, a.err)
	}
	// The datagram was kept in the socket, but its sender was not yet adopted when it
	// was read; the next one must get through.
	out, err := askUDP(t, ns, "198.18.0.2:7", "again")
	if !strings.HasSuffix(out, "again") || err != nil {
		t.Errorf("udp: %q, %v", out, err)
	}
	if after := k.names(); len(after) != len(before) {
		t.Errorf("kept were %v and are %v", before, after)
	}
}

func TestOutward(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, s, web := outward(t)
	for _, addr := range []string{"198.18.0.2", "2001:db8::2"} {
		echo(t, n.ns, net.JoinHostPort(addr, "7"), "net:")
		n.echoUDP(net.JoinHostPort(addr, "7"))
		for i := range 3 {
			said := strings.Repeat("hello", 1+20000*i)
			if out, err := call(t, web.NS(), net.JoinHostPort(addr, "7"), said); out != "net:"+said || err != nil {
				t.Errorf("tcp %s: %d bytes, %v", addr, len(out), err)
			}
		}
		host := map[string]string{"198.18.0.2": "198.18.0.1", "2001:db8::2": "2001:db8::1"}[addr]
		for range 3 {
			if out, err := askUDP(t, web.NS(), net.JoinHostPort(addr, "7"), "hello"); out != host+" hello" || err != nil {
				t.Errorf("udp %s: %q, %v", addr, out, err)
			}
		}
		big := strings.Repeat("x", 60000)
		if out, err := askUDP(t, web.NS(), net.JoinHostPort(addr, "7"), big); out != host+" "+big || err != nil {
			t.Errorf("udp %s: %d bytes, %v", addr, len(out), err)
		}
	}
	settles(t, "all bytes are counted", func() bool {
		c := s.carried.Count("web-1/out")
		return c.Open == 0 && c.Total == 6 && c.Out > 2*(300_000+60_000) && c.In > c.Out
	})
}

// What the outside refuses is refused inside, with the same error.
func TestRefusalsAreRefusals(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, _, web := outward(t)
	visit(t, n.ns, func() error { // somebody else's router
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer h.Close()
		for dst, kind := range map[string]int{
			"198.51.100.1/32": unix.RTN_UNREACHABLE, "198.51.100.2/32": unix.RTN_PROHIBIT,
			"2001:db8:1::1/128": unix.RTN_UNREACHABLE, "2001:db8:1::2/128": unix.RTN_PROHIBIT,
		} {
			if err := h.RouteAdd(&netlink.Route{Dst: ipNet(netip.MustParsePrefix(dst)), Type: kind}); err != nil {
				return err
			}
		}
		for key, value := range map[string]string{
			"ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1", "ipv4/icmp_ratelimit": "0", "ipv6/icmp/ratelimit": "0",
		} {
			if err := os.WriteFile("/proc/sys/net/"+key, []byte(value), 0); err != nil {
				return err
			}
		}
		return nil
	})
	for addr, want := range map[string]error{
		"198.18.0.2:81":      unix.ECONNREFUSED,
		"[2001:db8::2]:81":   unix.ECONNREFUSED,
		"198.51.100.1:80":    unix.EHOSTUNREACH,
		"198.51.100.2:80":    unix.EHOSTUNREACH, // prohibited
		"[2001:db8:1::1]:80": unix.ENETUNREACH,
		"[2001:db8:1::2]:80": unix.EACCES,
		"127.0.0.2:80":       unix.ECONNREFUSED, // the container's own
		"0.1.2.3:80":         unix.ENETUNREACH,
	} {
		var err error
		visit(t, web.NS(), func() error {
			var c net.Conn
			if c, err = net.DialTimeout("tcp", addr, 3*time.Second); err == nil {
				c.Close()
			}
			return nil
		})
		// What the host itself gets is what counts.
		var host error
		if c, err := net.DialTimeout("tcp", addr, 3*time.Second); err == nil {
			c.Close()
		} else {
			host = err
		}
		if !errors.Is(err, want) {
			t.Errorf("tcp %s: got %v, want %v (the host gets %v)", addr, err, want, host)
		}
	}
	for addr, want := range map[string]error{"198.18.0.2:81": unix.ECONNREFUSED, "[2001:db8::2]:81": unix.ECONNREFUSED} {
		if out, err := askUDP(t, web.NS(), addr, "hello"); !errors.Is(err, want) {
			t.Errorf("udp %s: got %q, %v, want %v", addr, out, err, want)
		}
	}
}

// ping asks from ns by a ping socket.
func ping(t *testing.T, ns *os.File, addr string, size int) error {
	t.Helper()
	a := netip.MustParseAddr(addr)
	network, kind := "ip4:icmp", byte(8)
	domain, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if a.Is6() {
		network, kind, domain, protocol = "ip6:icmp", 128, unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	var f *os.File
	visit(t, ns, func() error {
		fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, protocol)
		if err != nil {
			return err
		}
		f = os.NewFile(uintptr(fd), network)
		return unix.Connect(fd, sock.Addr(netip.AddrPortFrom(a, 0)))
	})
	defer f.Close()
	must(t, f.SetDeadline(time.Now().Add(patience)))
	b := append([]byte{kind, 0, 0, 0, 0, 0, 0, 9}, make([]byte, size)...)
	if _, err := f.Write(b); err != nil {
		return err
	}
	got := make([]byte, 65535)
	m, err := f.Read(got)
	if err == nil && (m != len(b) || got[7] != 9) {
		err = fmt.Errorf("%d bytes came back: % x", m, got[:min(m, 16)])
	}
	return err
}

func TestPingGoesOut(t *testing.T) {
	if !isolated(t) {
		return
	}
	_, _, web := outward(t)
	must(t, os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0))
	for _, addr := range []string{"198.18.0.2", "2001:db8::2"} {
		for _, size := range []int{8, 56, 20000} {
			if err := ping(t, web.NS(), addr, size); err != nil {
				t.Errorf("%s, %d bytes: %v", addr, size, err)
			}
		}
	}
}
