package e2e

import (
	"net"
	"strings"
	"testing"
)

// Services reach what the host reaches, from the host's address, in both families;
// what refuses or cannot be reached is seen as that.
func TestOutside(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  a: { command: ./probe pause }
  inner: { command: ./probe pause, networks: [inner] }
networks:
  default: { enable_ipv6: true }
  inner: { internal: true, enable_ipv6: true }
`)
	s.must("up", "-d")
	outside := map[string]string{
		"tcp:" + w.addr("echo4"): "peer 198.51.100.2:", "tcp:" + w.addr("echo6"): "peer [2001:db8:64::2]:",
		"udp:" + w.addr("echo4"): "peer 198.51.100.2:", "udp:" + w.addr("echo6"): "peer [2001:db8:64::2]:",
		"ping:" + w.ip("echo4"): "pong hello", "ping:" + w.ip("echo6"): "pong hello", "ping:" + w.ip("lan4"): "pong hello",
		"dns4:echo.example": "203.0.113.10", "dns6:echo.example": "2001:db8:cb::10",
		"tcp:echo.example:7":       "peer ",
		"tcp:" + w.addr("closed4"): "refused", "tcp:" + w.addr("closed6"): "refused",
		"udp:" + w.addr("closed4"): "refused", "udp:" + w.addr("closed6"): "refused",
		"tcp:" + w.addr("unreachable4"): "unreachable", "tcp:" + w.addr("unreachable6"): "unreachable",
		"tcp:" + w.addr("hole4"): "timeout", "tcp:" + w.addr("hole6"): "timeout",
		"udp:" + w.addr("hole4"): "timeout", "ping:" + w.ip("hole4"): "timeout",
		"tcp:" + w.addr("drip4"): "timeout", "tcp:" + w.addr("lan4"): "refused",
	}
	s.want("a", s.reach("a", keys(outside)...), outside)
	// A reset that comes before the service has its answer is a refusal.
	if r := s.reach("a", "tcp:"+w.addr("reset4"))["tcp:"+w.addr("reset4")]; r != "reset" && r != "closed" && r != "refused" {
		t.Errorf("a peer that resets: %q", r)
	}
	for target, r := range s.reach("inner", keys(outside)...) {
		if soft := strings.HasPrefix(target, "udp:") || strings.HasPrefix(target, "ping:"); soft && r == "timeout" {
			continue // a socket without IP_RECVERR is not told of more than a closed port (ip(7))
		}
		if r != "unreachable" && r != "refused" && r != "unknown" && r != "forbidden" {
			t.Errorf("from an internal network: %s: %q", target, r)
		}
	}
	if q := w.queries(); strings.Contains(q, "inner") {
		t.Errorf("asked outside: %s", q)
	}
}

// An address family that the host has no way for is not offered; it is again once
// the host has one.
func TestOutsideWithoutIPv6(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, "services:\n  a: { command: ./probe pause }\nnetworks:\n  default: { enable_ipv6: true }\n")
	w.noIPv6()
	s.must("up", "-d")
	without := map[string]string{
		"dns:echo.example": "203.0.113.10", "dns6:only6.example": "", "tcp:echo.example:7": "peer 198.51.100.2:",
		"tcp:" + w.addr("echo6"): "unreachable",
	}
	got := s.reach("a", keys(without)...)
	if r := got["dns6:only6.example"]; r != "" && r != "unknown" {
		t.Errorf("without IPv6: only6.example is %q", r)
	}
	delete(without, "dns6:only6.example")
	s.want("without IPv6", got, without)
	if got["dns:echo.example"] != "203.0.113.10" {
		t.Errorf("without IPv6: echo.example is %s", got["dns:echo.example"])
	}
	w.run("host", "ip", "-6", "route", "add", "default", "via", "2001:db8:64::1")
	s.eventually("with IPv6 it is used", func() bool {
		return strings.HasPrefix(s.reach("a", "tcp:"+w.addr("echo6"))["tcp:"+w.addr("echo6")], "peer [2001:db8:64::2]:") &&
			s.reach("a", "dns6:only6.example")["dns6:only6.example"] == "2001:db8:cb::10"
	})
	w.noIPv6()
	s.eventually("and no more when it has gone", func() bool {
		return s.reach("a", "tcp:"+w.addr("echo6"))["tcp:"+w.addr("echo6")] == "unreachable"
	})
}

// The host's routes are obeyed, also those that come and go later, as those of a VPN
// do: by the address that the other side sees and by who answers.
func TestOutsideFollowsRoutes(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  a: { command: ./probe pause }
  dns: { command: ./probe pause, dns: 203.0.113.77 }
`)
	s.must("up", "-d")
	both, alone := w.addr("both4"), w.addr("vpn4")
	without := map[string]string{"tcp:" + both: "peer 198.51.100.2:", "udp:" + both: "peer 198.51.100.2:", "tcp:" + alone: "unreachable"}
	s.want("without the VPN", s.reach("a", keys(without)...), without)
	s.want("its name server", s.reach("dns", "dns4:who.example"), map[string]string{"dns4:who.example": "203.0.113.77"})
	for _, a := range []string{both, alone} {
		host, _, _ := net.SplitHostPort(a)
		w.run("host", "ip", "route", "add", host, "via", "198.18.200.2")
	}
	with := map[string]string{"tcp:" + both: "peer 198.18.200.1:", "udp:" + both: "peer 198.18.200.1:", "tcp:" + alone: "peer 198.18.200.1:", "ping:" + w.ip("vpn4"): "pong hello"}
	got := s.reach("a", keys(with)...)
	s.want("with the VPN", got, with)
	if !strings.Contains(got["tcp:"+both], "at vpn") {
		t.Errorf("with the VPN: %s answers for %s", got["tcp:"+both], both)
	}
	w.run("host", "ip", "link", "set", "vpn0", "down")
	s.eventually("the VPN is gone", func() bool {
		return strings.Contains(s.reach("a", "tcp:"+both)["tcp:"+both], "at internet")
	})
	w.run("host", "ip", "link", "set", "vpn0", "up")
	w.run("host", "ip", "route", "add", "203.0.113.77", "via", "198.18.200.2")
	s.want("the VPN is back", s.reach("a", "tcp:"+both), map[string]string{"tcp:" + both: "peer 198.18.200.1:"})
}

// What listens on the host's loopback alone is reached by no address that a service
// can think of; what listens on the host's own address is, as from any machine.
func TestOutsideIsNotTheLoopback(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	var ports []string
	for _, a := range []string{"127.0.0.1:0", "[::1]:0", "127.0.0.53:0"} {
		l, err := net.Listen("tcp", a)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				t.Errorf("%s was reached by %s", l.Addr(), c.RemoteAddr())
				c.Close()
			}
		}()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	own, err := net.Listen("tcp", "198.51.100.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	go func() {
		for {
			c, err := own.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("host\n")) //nolint:errcheck // the client sees it
			c.Close()
		}
	}()
	s := w.begin(t, "services:\n  a: { command: ./probe pause, extra_hosts: [\"host.docker.internal:host-gateway\"] }\n  b: { command: ./probe pause }\nnetworks:\n  default: { enable_ipv6: true, ipam: { config: [{ subnet: 10.77.8.0/24 }, { subnet: \"fd00:77:8::/64\" }] } }\n")
	s.must("up", "-d")
	var targets []string
	for _, port := range ports {
		for _, host := range []string{
			"127.0.0.1", "127.0.0.53", "127.1.2.3", "0.0.0.0", "10.77.8.1", "198.51.100.2", "198.18.200.1", "localhost", "host.docker.internal",
			"::1", "::", "::ffff:127.0.0.1", "fd00:77:8::1", "2001:db8:64::2",
		} {
			targets = append(targets, "tcp:"+net.JoinHostPort(host, port))
		}
	}
	for _, service := range []string{"a", "b"} {
		for target, r := range s.reach(service, targets...) {
			if strings.HasPrefix(r, "peer") || r == "closed" || r == "reset" || strings.HasPrefix(r, "error") {
				t.Errorf("%s reaches %s: %q", service, target, r)
			}
		}
	}
	_, port, _ := net.SplitHostPort(own.Addr().String())
	s.want("the host's own address", s.reach("b", "tcp:198.51.100.2:"+port), map[string]string{"tcp:198.51.100.2:" + port: "host"})
	s.want("host-gateway", s.reach("a", "tcp:host.docker.internal:"+port), map[string]string{"tcp:host.docker.internal:" + port: "host"})
	if r := s.reach("b", "tcp:host.docker.internal:"+port)["tcp:host.docker.internal:"+port]; r == "host" {
		t.Error("who has not asked for host.docker.internal has it")
	}
}
