package e2e

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

const outwardFile = `
services:
  a: { command: ./probe serve :80, networks: [six] }
  host: { command: ./probe serve :80, networks: [six], extra_hosts: ["me:host-gateway"] }
  all: { command: ./probe serve :80, networks: [six], extra_hosts: ["me:host-gateway"], x-mocker: {host_loopback: true} }
  shut: { command: ./probe serve :80, networks: [inner] }
networks: { six: { enable_ipv6: true }, inner: { internal: true } }
`

// Services reach what the host reaches, and see what the host sees: answers,
// refusals, what cannot be reached, and silence.
func TestWayOut(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, outwardFile)
	s.must("up", "-d")
	want := map[string]string{
		"tcp:" + w.addr("echo4"): "peer 198.51.100.2:", "tcp:" + w.addr("echo6"): "peer [2001:db8:64::2]:",
		"udp:" + w.addr("echo4"): "peer 198.51.100.2:", "udp:" + w.addr("echo6"): "peer [2001:db8:64::2]:",
		"ping:" + w.ip("echo4"): "pong", "ping:" + w.ip("echo6"): "pong",
		"tcp:" + w.addr("closed4"): "refused", "tcp:" + w.addr("closed6"): "refused",
		"udp:" + w.addr("closed4"): "refused", "udp:" + w.addr("closed6"): "refused",
		"tcp:" + w.addr("unreachable4"): "unreachable", "tcp:" + w.addr("unreachable6"): "unreachable",
		"tcp:" + w.addr("hole4"): "timeout", "udp:" + w.addr("hole4"): "timeout",
		"tcp:" + w.addr("reset4"): "reset", "tcp:" + w.addr("both4"): "peer 198.51.100.2:",
		"dns4:echo.example": "203.0.113.10",
	}
	s.want("out", s.reach("a", keys(want)...), want)
	for target, said := range s.reach("shut", "tcp:"+w.addr("echo4"), "udp:"+w.addr("echo4"), "ping:"+w.ip("echo4")) {
		if said != "unreachable" {
			t.Errorf("from an internal network, %s: %q", target, said)
		}
	}
	// A VPN comes up on the host, and goes.
	w.run("host", "ip", "route", "add", "203.0.113.64/26", "via", "198.18.200.2")
	s.want("by the VPN", s.reach("a", "tcp:"+w.addr("both4"), "udp:"+w.addr("vpn4")), map[string]string{
		"tcp:" + w.addr("both4"): "peer 198.18.200.1:", "udp:" + w.addr("vpn4"): "peer 198.18.200.1:",
	})
	w.run("host", "ip", "route", "del", "203.0.113.64/26")
	// IPv6 is not offered when the host has lost it.
	w.run("host", "ip", "-6", "route", "del", "default")
	s.eventually("IPv6 is not offered", func() bool {
		return s.reach("a", "tcp:"+w.addr("echo6"))["tcp:"+w.addr("echo6")] == "unreachable"
	})
	w.run("host", "ip", "-6", "route", "add", "default", "via", "2001:db8:64::1")
	s.eventually("IPv6 is offered again", func() bool {
		return strings.HasPrefix(s.reach("a", "tcp:"+w.addr("echo6"))["tcp:"+w.addr("echo6")], "peer")
	})
}

func keys(m map[string]string) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// hostListeners answers "host" on the world's host, by TCP, at each address.
func hostListeners(t *testing.T, addrs ...string) {
	t.Helper()
	for _, a := range addrs {
		l, err := net.Listen("tcp", a)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Write([]byte("host at " + a + "\n"))
				c.Close()
			}
		}()
	}
}

// The host's loopback is closed in every spelling; what listens on its own address
// is open, as under docker, and by host-gateway to who asked for that.
func TestHostSeenFromInside(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, outwardFile)
	s.must("up", "-d")
	hostListeners(t, "127.0.0.1:9999", "[::1]:9999", w.ip("host4")+":9998", "["+w.ip("host6")+"]:9998")
	gateway := s.must("exec", "-T", "host", "./probe", "lookup", "me")
	gateway = strings.Fields(gateway)[1]
	targets := []string{"tcp:" + gateway + ":9999"}
	for _, a := range []string{"127.0.0.1", "127.0.0.2", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]", w.ip("host4"), "[" + w.ip("host6") + "]", "0.0.0.1", "[::127.0.0.1]"} {
		targets = append(targets, "tcp:"+a+":9999")
	}
	for _, service := range []string{"a", "host", "shut"} {
		for target, said := range s.reach(service, targets...) {
			if strings.Contains(said, "host at") {
				t.Errorf("%s reaches the host's loopback by %s: %s", service, target, said)
			}
		}
	}
	s.want("its own address", s.reach("a", "tcp:"+w.ip("host4")+":9998", "tcp:["+w.ip("host6")+"]:9998", "tcp:"+gateway+":9998"), map[string]string{
		"tcp:" + w.ip("host4") + ":9998": "host at", "tcp:[" + w.ip("host6") + "]:9998": "host at", "tcp:" + gateway + ":9998": "refused",
	})
	s.want("by host-gateway", s.reach("host", "tcp:me:9998", "tcp:me:9999"), map[string]string{
		"tcp:me:9998": "host at", "tcp:me:9999": "refused",
	})
	s.want("with host_loopback", s.reach("all", "tcp:me:9999", "tcp:127.0.0.1:9999"), map[string]string{
		"tcp:me:9999": "host at", "tcp:127.0.0.1:9999": "refused",
	})
}

// Without packet sockets a refusal can only be a reset; without nft there is no
// way out. Both are said, and the rest works.
func TestWayOutDegrades(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	for _, c := range []struct{ force, say, open, shut string }{
		{"MOCKER_FORCE_NO_PACKET", "reset after it was accepted", "peer 198.51.100.2:", "reset"},
		{"MOCKER_FORCE_NO_NFT", "no way out", "timeout", "timeout"},
	} {
		t.Run(c.force, func(t *testing.T) {
			t.Setenv(c.force, "1")
			s := w.begin(t, outwardFile)
			r := s.plain("up", "-d")
			if said := strings.Count(r.stdout+r.stderr, c.say); r.code != 0 || said != 1 {
				t.Errorf("exit %d, said %d times:\n%s%s", r.code, said, r.stdout, r.stderr)
			}
			s.want("out", s.reach("a", "tcp:"+w.addr("echo4"), "tcp:"+w.addr("closed4"), "dns4:echo.example"), map[string]string{
				"tcp:" + w.addr("echo4"): c.open, "tcp:" + w.addr("closed4"): c.shut, "dns4:echo.example": "203.0.113.10",
			})
		})
	}
}

// The way out survives supervisors.
func TestWayOutSurvivesKills(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, outwardFile)
	s.must("up", "-d")
	for range kills() {
		old := s.supervisorPID()
		signalPID(t, old, syscall.SIGKILL)
		s.eventually("another supervisor answers", func() bool { pid, err := supervisorPID(s.dirs.APISocket(s.project)); return err == nil && pid != old })
		began := time.Now()
		s.want("after a kill", s.reach("a", "tcp:"+w.addr("echo4"), "udp:"+w.addr("echo4"), "tcp:"+w.addr("closed4")), map[string]string{
			"tcp:" + w.addr("echo4"): "peer", "udp:" + w.addr("echo4"): "peer", "tcp:" + w.addr("closed4"): "refused",
		})
		t.Logf("all in %s", time.Since(began).Round(time.Millisecond))
	}
}
