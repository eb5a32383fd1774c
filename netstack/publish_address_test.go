package netstack

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// hostAddress gives the test's host an address that is not a loopback one.
func hostAddress(t *testing.T, cidr string) string {
	t.Helper()
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	must(t, err)
	defer h.Close()
	lo, err := h.LinkByName("lo")
	must(t, err)
	a, err := netlink.ParseAddr(cidr)
	must(t, err)
	a.Flags = unix.IFA_F_NODAD
	must(t, h.AddrAdd(lo, a))
	return a.IP.String()
}

// tellPeer serves TCP and UDP at a port of a container and answers with its
// name and the address that it sees; by UDP also with the question.
func tellPeer(t *testing.T, sb *Sandbox, port string) {
	t.Helper()
	var l net.Listener
	var u net.PacketConn
	visit(t, sb.NS(), func() (err error) {
		if l, err = net.Listen("tcp", ":"+port); err != nil {
			return err
		}
		u, err = net.ListenPacket("udp", ":"+port)
		return err
	})
	t.Cleanup(func() { l.Close(); u.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, sb.id+" "+c.RemoteAddr().String()) // checked by what arrives
			c.Close()
		}
	}()
	go func() {
		buf := make([]byte, 2000)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = u.WriteTo([]byte(sb.id+" "+from.String()+" "+string(buf[:n])), from) // checked by what arrives
		}
	}()
}

// meeting is what client and service know of each other.
type meeting struct {
	service   string
	own, seen netip.AddrPort // the client's address, by itself and by the service
}

// meet connects from an address of the host to a port of a service that is
// served by tellPeer.
func meet(t *testing.T, network, from, to string) (m meeting) {
	t.Helper()
	var local net.Addr = &net.TCPAddr{IP: net.ParseIP(from)}
	if network == "udp" {
		local = &net.UDPAddr{IP: net.ParseIP(from)}
	}
	c, err := (&net.Dialer{LocalAddr: local}).Dial(network, to)
	must(t, err)
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(patience)))
	if network == "udp" {
		_, err = io.WriteString(c, "?")
		must(t, err)
	}
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	must(t, err)
	service, seen, _ := strings.Cut(string(buf[:n]), " ")
	seen, _, _ = strings.Cut(seen, " ")
	at := netip.MustParseAddrPort(seen)
	return meeting{service, netip.MustParseAddrPort(c.LocalAddr().String()), netip.AddrPortFrom(at.Addr().Unmap(), at.Port())}
}

// The service sees who its client is, where it could answer him.
func TestServiceSeesTheClient(t *testing.T) {
	if !isolated(t) {
		return
	}
	v4, v6 := hostAddress(t, "198.51.100.7/32"), hostAddress(t, "2001:db8::7/128")
	s := open(t, newNamespace(t), newHolder(t))
	if !s.catches() {
		t.Skip("no nftables here: services see the gateway")
	}
	ensure(t, s, Network{Name: "n", Subnets: []Subnet{{Subnet: "10.77.0.0/24"}}})
	ensure(t, s, Network{Name: "in", Internal: true, Subnets: []Subnet{{Subnet: "10.78.0.0/24"}}})
	for id, where := range map[string][2]string{"web-1": {"n", "10.77.0.1"}, "db-1": {"in", "10.78.0.1"}} {
		network, gateway := where[0], where[1]
		tellPeer(t, service(t, s, id, network), "80")
		for _, protocol := range []string{"tcp", "udp"} {
			p, err := s.Publish(id, PortSpec{Target: 80, Protocol: protocol})
			must(t, err)
			port := strconv.Itoa(int(p.Bound))
			if protocol == "tcp" {
				opened(t, "127.0.0.1:"+port)
			}
			m := meet(t, protocol, v4, v4+":"+port)
			if network == "n" && m.seen != m.own || network == "in" && m.seen.Addr().String() != gateway {
				t.Errorf("%s by %s: %+v", id, protocol, m)
			}
			for _, other := range []string{"127.0.0.1", "::1", v6} {
				if m := meet(t, protocol, other, net.JoinHostPort(other, port)); m.seen.Addr().String() != gateway {
					t.Errorf("%s by %s from %s: %+v, want the gateway", id, protocol, other, m)
				}
			}
		}
	}
}

// By IPv6 too, and whatever the families of client and service.
func TestServiceSeesTheClientByIPv6(t *testing.T) {
	if !isolated(t) {
		return
	}
	v4, v6 := hostAddress(t, "198.51.100.7/32"), hostAddress(t, "2001:db8::7/128")
	s := open(t, newNamespace(t), newHolder(t))
	if !s.catches() {
		t.Skip("no nftables here: services see the gateway")
	}
	must(t, s.SetIPv6Way(true))
	for name, n := range map[string]Network{"both": {IPv6: true}, "six": {IPv6: true, NoIPv4: true}} {
		n.Name = name
		info := ensure(t, s, n)
		id := name + "-1"
		tellPeer(t, service(t, s, id, name), "80")
		for _, protocol := range []string{"tcp", "udp"} {
			p, err := s.Publish(id, PortSpec{Target: 80, Protocol: protocol})
			must(t, err)
			port := strconv.Itoa(int(p.Bound))
			if protocol == "tcp" {
				opened(t, "127.0.0.1:"+port)
			}
			if m := meet(t, protocol, v6, net.JoinHostPort(v6, port)); m.seen != m.own {
				t.Errorf("%s by %s: %+v", id, protocol, m)
			}
			m := meet(t, protocol, v4, v4+":"+port)
			if name == "both" && m.seen != m.own || name == "six" && m.seen.Addr() != info.Gateway6 {
				t.Errorf("%s by %s: %+v", id, protocol, m)
			}
		}
	}
}

// Without the rules for the way back a service sees its gateway, and is reached.
func TestServiceIsReachedWithoutRules(t *testing.T) {
	if !isolated(t) {
		return
	}
	t.Setenv("MOCKER_FORCE_NO_NFT", "1")
	v4 := hostAddress(t, "198.51.100.7/32")
	s := open(t, newNamespace(t), newHolder(t))
	info := ensure(t, s, Network{Name: "n"})
	tellPeer(t, service(t, s, "web-1", "n"), "80")
	for _, protocol := range []string{"tcp", "udp"} {
		p, err := s.Publish("web-1", PortSpec{Target: 80, Protocol: protocol})
		must(t, err)
		addr := net.JoinHostPort(v4, strconv.Itoa(int(p.Bound)))
		if protocol == "tcp" {
			opened(t, addr)
		}
		if m := meet(t, protocol, v4, addr); m.seen.Addr() != info.Gateway {
			t.Errorf("by %s: %+v", protocol, m)
		}
	}
}

// Two replicas take turns, and the one that is sick comes last.
func TestReplicasTakeTurns(t *testing.T) {
	if !isolated(t) {
		return
	}
	v4 := hostAddress(t, "198.51.100.7/32")
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n"})
	spec := PortSpec{HostPort: 8080, Target: 80, Service: "web"}
	for _, id := range []string{"web-1", "web-2"} {
		tellPeer(t, service(t, s, id, "n"), "80")
		p, err := s.Publish(id, spec)
		must(t, err)
		if p.Bound != 8080 {
			t.Errorf("%s is bound to %d", id, p.Bound)
		}
	}
	opened(t, "127.0.0.1:8080")
	who := func(n int) map[string]int {
		t.Helper()
		got := map[string]int{}
		for range n {
			got[meet(t, "tcp", v4, v4+":8080").service]++
		}
		return got
	}
	if got := who(10); got["web-1"] < 4 || got["web-2"] < 4 { // the connection of opened has its turn somewhere among them
		t.Errorf("both are well: %v", got)
	}
	s.SetHealthy("web-2", false)
	if got := who(4); got["web-1"] != 4 {
		t.Errorf("web-2 is sick: %v", got)
	}
	twice := spec
	twice.Target = 81
	if _, err := s.Publish("web-1", twice); err == nil || !strings.Contains(err.Error(), "container web-1 of this project") {
		t.Errorf("two ports of one container behind one: %v", err)
	}
	must(t, s.RemoveSandbox("web-1"))
	if got := who(4); got["web-2"] != 4 {
		t.Errorf("only the sick one is there: %v", got)
	}
	if _, err := s.Publish("web-2", PortSpec{HostPort: 8080, Target: 81, Service: "db"}); err == nil || !strings.Contains(err.Error(), "service web of this project") {
		t.Errorf("another service: %v", err)
	}
	must(t, s.RemoveSandbox("web-2"))
	l, err := net.Listen("tcp", "127.0.0.1:8080")
	must(t, err)
	l.Close()
}

// A flow of UDP stays with its replica, and goes to another when that one has gone.
func TestFlowsStick(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n"})
	spec := PortSpec{HostIP: "127.0.0.1", HostPort: 8080, Target: 80, Protocol: "udp", Service: "web"}
	for _, id := range []string{"web-1", "web-2"} {
		tellPeer(t, service(t, s, id, "n"), "80")
		_, err := s.Publish(id, spec)
		must(t, err)
	}
	c, err := net.Dial("udp", "127.0.0.1:8080")
	must(t, err)
	defer c.Close()
	asked := 0
	ask := func() string {
		t.Helper()
		asked++
		buf := make([]byte, 100)
		for range 50 {
			_, err := fmt.Fprint(c, asked)
			must(t, err)
			must(t, c.SetReadDeadline(time.Now().Add(patience/50)))
			for err == nil {
				var n int
				if n, err = c.Read(buf); err != nil {
					break
				}
				// Late answers to earlier questions do not count.
				if f := strings.Fields(string(buf[:n])); len(f) == 3 && f[2] == strconv.Itoa(asked) {
					return f[0]
				}
			}
		}
		t.Fatal("no answer")
		return ""
	}
	first := ask()
	for range 5 {
		if got := ask(); got != first {
			t.Errorf("%s, and before %s", got, first)
		}
	}
	must(t, s.RemoveSandbox(first))
	// A question that was asked twice may have left an answer in our queue.
	got := first
	for i := 0; i < 50 && got == first; i++ {
		got = ask()
	}
	if got == first {
		t.Errorf("%s answers, which has gone", got)
	}
}
