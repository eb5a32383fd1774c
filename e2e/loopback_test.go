package e2e

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// sayers listen on one port of each address of this host, and say on each
// connection and to each packet which address it is.
func sayers(t *testing.T) (port int, addrs []netip.Addr) {
	t.Helper()
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
			addrs = append(addrs, p.Addr())
		}
	}
	for _, a := range addrs {
		l, err := net.Listen("tcp", netip.AddrPortFrom(a, uint16(port)).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		port = l.Addr().(*net.TCPAddr).Port
		p, err := net.ListenPacket("udp", netip.AddrPortFrom(a, uint16(port)).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		word := "here is " + a.String() + "\n"
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				fmt.Fprint(c, word)
				c.Close()
			}
		}()
		go func() {
			buf := make([]byte, 100)
			for {
				_, from, err := p.ReadFrom(buf)
				if err != nil {
					return
				}
				_, _ = p.WriteTo([]byte(word), from)
			}
		}()
	}
	return port, addrs
}

// What listens on the host's loopback is reached by no uplink and no address, and
// what listens on another address of the host is reached by that alone. A new
// uplink is in the list, and so in this test, by itself.
func TestHostIsClosedOnEveryUplink(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	port, addrs := sayers(t)
	control, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	control.Close()
	s := w.begin(t, `
services:
  a: { command: ./probe pause, networks: [n, six] }
  asks:
    command: ./probe pause
    networks: [n, six]
    extra_hosts: ["the.host:host-gateway", "host.docker.internal:host-gateway"]
networks: { n: {}, six: { enable_ipv6: true } }
`)
	s.must("up", "-d")
	gateways := gatewaysOf(s, "a")
	hosts := append(hostsToTry(addrs), gateways...)
	var targets []string
	for _, h := range hosts {
		for _, kind := range []string{"tcp", "udp"} {
			targets = append(targets, kind+":"+net.JoinHostPort(h, itoa(port)))
		}
	}
	for _, u := range project.Uplinks() {
		t.Run(string(u), func(t *testing.T) {
			requireUplink(t, u)
			s := s.in(t)
			s.must("up", "-d", "--uplink", string(u))
			for service, results := range s.reachedFrom([]string{"a", "asks"}, targets...) {
				reached := 0
				for target, said := range results {
					where, ok := strings.CutPrefix(said, "here is ")
					if !ok {
						continue
					}
					reached++
					addr := netip.MustParseAddr(strings.TrimSpace(where))
					host, _, _ := net.SplitHostPort(strings.SplitN(target, ":", 2)[1])
					// By its own address; by a name and the gateway only for who asks for that.
					meant := host == addr.String() || service == "asks" && (strings.Contains(host, "host") || slices.Contains(gateways, host))
					if addr.IsLoopback() || !meant || u == project.UplinkNone {
						t.Errorf("%s: %s has reached the listener on %s of the host", service, target, addr)
					}
				}
				t.Logf("%s: %d of %d targets answered, by the host's own addresses", service, reached, len(targets))
			}
		})
	}
}

// hostsToTry are ways by which one might mean the host.
func hostsToTry(addrs []netip.Addr) []string {
	hosts := []string{
		"0.0.0.0", "::", "localhost", "the.host", "host.docker.internal", "gateway.docker.internal",
		"host.containers.internal", "_gateway", "::ffff:127.0.0.1", "127.0.0.2",
		// What pasta, slirp4netns and gvisor-tap-vsock make of their ranges.
		"10.0.2.1", "10.0.2.2", "10.0.2.3", "10.0.2.15", "10.0.2.100", "10.0.2.254", "192.168.127.254",
		"fd00::2", "fd00::3", "fd00::64", "fd6d:6f63:6b72:ff::2", "fd6d:6f63:6b72:ff::64", "fe80::1%eth0",
		"169.254.1.1", "169.254.1.2", "169.254.169.254",
	}
	for _, a := range addrs {
		hosts = append(hosts, a.String())
	}
	return hosts
}

// gatewaysOf are the gateways of a service's networks: the first addresses.
func gatewaysOf(s *scenario, service string) (list []string) {
	for word := range strings.FieldsSeq(s.must("exec", "-T", service, "./probe", "lookup", service)) {
		if a, err := netip.ParseAddr(word); err == nil {
			b := a.AsSlice()
			b[len(b)-1] = 1
			gateway, _ := netip.AddrFromSlice(b)
			list = append(list, gateway.String())
		}
	}
	return list
}
