package netstack

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// A container that leaves a network loses what it had going on outside from there,
// and nothing else.
func TestDetachEndsWhatWentOut(t *testing.T) {
	if !isolated(t) {
		return
	}
	n := newInternet(t)
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "a"})
	ensure(t, s, Network{Name: "b"})
	web, other := service(t, s, "web-1", "a", "b"), service(t, s, "other-1", "a")
	var l net.Listener
	visit(t, n.ns, func() (err error) {
		l, err = net.Listen("tcp", "198.18.0.2:7")
		return err
	})
	defer l.Close()
	connect := func(sb *Sandbox) net.Conn {
		c := talkTo(t, sb.NS(), "198.18.0.2:7")
		t.Cleanup(func() { c.c.Close() })
		server, err := l.Accept()
		must(t, err)
		t.Cleanup(func() { server.Close() })
		return server
	}
	gone, stays := connect(web), connect(other)
	_, err := s.Change("web-1", SandboxSpec{Names: []string{"web"}, Endpoints: []EndpointSpec{{Network: "b"}}}, unnoted)
	must(t, err)
	must(t, gone.SetDeadline(time.Now().Add(patience)))
	if _, err := gone.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the server sees %v", err)
	}
	must(t, stays.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if _, err := stays.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("another container's connection: %v", err)
	}
	again := connect(web) // by the network that is left
	must(t, again.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if _, err := again.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("by the other network: %v", err)
	}
}

// probe sends an echo request that may pass so many routers, and returns who
// complains, or "answer", or the errno.
func probe(t *testing.T, ns *os.File, addr string, hops int) string {
	t.Helper()
	a := netip.MustParseAddr(addr)
	domain, protocol, level, recverr, ttl, kind := unix.AF_INET, unix.IPPROTO_ICMP, unix.SOL_IP, unix.IP_RECVERR, unix.IP_TTL, byte(8)
	if a.Is6() {
		domain, protocol, level, recverr, ttl, kind = unix.AF_INET6, unix.IPPROTO_ICMPV6, unix.SOL_IPV6, unix.IPV6_RECVERR, unix.IPV6_UNICAST_HOPS, 128
	}
	fd := -1
	visit(t, ns, func() (err error) {
		fd, err = unix.Socket(domain, unix.SOCK_DGRAM, protocol)
		return err
	})
	defer unix.Close(fd)
	must(t, unix.SetsockoptInt(fd, level, recverr, 1))
	must(t, unix.SetsockoptInt(fd, level, ttl, hops))
	wait := unix.NsecToTimeval(patience.Nanoseconds())
	must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait))
	must(t, unix.Connect(fd, sock.Addr(netip.AddrPortFrom(a, 0))))
	must(t, unix.Send(fd, []byte{kind, 0, 0, 0, 0, 0, 0, 1, 'x'}, 0))
	_, err := unix.Read(fd, make([]byte, 100))
	for errors.Is(err, unix.EINTR) { // a read with a time-out is not begun again (signal(7))
		_, err = unix.Read(fd, make([]byte, 100))
	}
	if err == nil {
		return "answer"
	}
	control := make([]byte, 256)
	_, m, _, _, err := unix.Recvmsg(fd, nil, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	must(t, err)
	messages, err := unix.ParseSocketControlMessage(control[:m])
	must(t, err)
	b := messages[0].Data // struct sock_extended_err, then who sent it
	by, _ := netip.AddrFromSlice(b[20:24])
	if a.Is6() {
		by, _ = netip.AddrFromSlice(b[24:40])
	}
	return fmt.Sprintf("%s: type %d code %d", by, b[5], b[6])
}

// What the network says about an echo request is passed on, so that traceroute
// shows the way.
func TestTraceroute(t *testing.T) {
	if !isolated(t) {
		return
	}
	n, s, web := outward(t)
	must(t, os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0))
	visit(t, n.ns, func() error {
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer h.Close()
		for to, via := range map[string]string{"203.0.113.0/24": "198.18.0.1", "2001:db8:2::/48": "2001:db8::1"} {
			if err := h.RouteAdd(&netlink.Route{Dst: ipNet(netip.MustParsePrefix(to)), Gw: netip.MustParseAddr(via).AsSlice()}); err != nil {
				return err
			}
		}
		return errors.Join(os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0), os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte("1"), 0))
	})
	info := s.Networks()[0]
	for _, c := range []struct {
		to   string
		hops int
		want string
	}{
		{"198.18.0.2", 1, info.Gateway.String() + ": type 11 code 0"},
		{"2001:db8::2", 1, info.Gateway6.String() + ": type 3 code 0"},
		{"203.0.113.1", 2, "198.18.0.2: type 11 code 0"},
		{"2001:db8:2::1", 2, "2001:db8::2: type 3 code 0"},
		{"198.18.0.2", 2, "answer"},
		{"2001:db8::2", 2, "answer"},
		{"198.18.0.2", 64, "answer"},
		{"198.51.100.1", 64, "198.18.0.2: type 3 code 0"},   // it has no route
		{"2001:db8:1::1", 64, "2001:db8::2: type 1 code 0"}, // nor has it here
	} {
		if got := probe(t, web.NS(), c.to, c.hops); got != c.want {
			t.Errorf("%s over %d: %s, want %s", c.to, c.hops, got, c.want)
		}
	}
}

// Where the host forbids ping sockets, a ping is told so, and the user once.
func TestPingThatIsForbidden(t *testing.T) {
	if !isolated(t) {
		return
	}
	newInternet(t) // of which the host, being new, has "1 0": nobody may
	said := make(chan string, 10)
	s, err := Open(newNamespace(t), newHolder(t), func(line string) { said <- line })
	must(t, err)
	defer s.Close()
	ensure(t, s, Network{Name: "n"})
	web := service(t, s, "web-1", "n")
	gateway := s.Networks()[0].Gateway.String()
	for range 3 {
		if got := probe(t, web.NS(), "198.18.0.2", 64); got != gateway+": type 3 code 13" {
			t.Errorf("got %s", got)
		}
	}
	if line := <-said; !strings.Contains(line, "ping_group_range") || len(said) != 0 {
		t.Errorf("said %q, and %d lines more", line, len(said))
	}
	if got := probe(t, web.NS(), gateway, 64); got != "answer" {
		t.Errorf("the gateway: %s", got)
	}
}
