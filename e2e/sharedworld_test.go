package e2e

import (
	"strings"
	"testing"
)

// What stands on a shared network alone reaches the outside, is reached by its
// published ports, and sees who comes; on an internal one there is no way out. The
// router namespaces of two projects on one network are no way from one's own
// networks to the other's.
func TestSharedNetworkInTheWorld(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	a := w.begin(t, `
services:
  web: { command: ./probe world web 10.250.20.10 "fd00:250:20::10", ports: ["20080:7", "20080:7/udp"],
         networks: { front: { ipv4_address: 10.250.20.10, ipv6_address: "fd00:250:20::10" } } }
  safe: { command: ./probe world safe 10.250.21.10, networks: { vault: { ipv4_address: 10.250.21.10 } } }
  back: { command: ./probe world back 10.250.22.10, networks: { own: { ipv4_address: 10.250.22.10 } } }
networks:
  front: { external: true }
  vault: { external: true }
  own: { ipam: { config: [{ subnet: 10.250.22.0/24 }] } }
`)
	a.shares("--ipv6", "--subnet", "10.250.20.0/24", "--subnet", "fd00:250:20::/64", "front")
	a.shares("--internal", "--subnet", "10.250.21.0/24", "vault")
	b := a.neighbour("b", `
services:
  client: { command: ./probe pause, networks: [front] }
  locked: { command: ./probe pause, networks: [vault] }
  raw: { command: ./probe pause, networks: [front], cap_add: [NET_ADMIN] }
networks: { front: { external: true }, vault: { external: true } }
`)
	a.must("up", "-d")
	b.must("up", "-d")
	a.want("out of a shared network", a.reach("web", "tcp:"+w.addr("echo4"), "udp:"+w.addr("echo4"), "tcp:"+w.addr("echo6"), "tcp:"+w.addr("closed4"), "dns4:echo.example"), map[string]string{
		"tcp:" + w.addr("echo4"): "peer 198.51.100.2:", "udp:" + w.addr("echo4"): "peer 198.51.100.2:",
		"tcp:" + w.addr("echo6"): "peer [2001:db8:64::2]:", "tcp:" + w.addr("closed4"): "refused", "dns4:echo.example": "203.0.113.10",
	})
	b.want("between projects", b.reach("client", "tcp:web:7", "udp:10.250.20.10:7", "tcp:[fd00:250:20::10]:7", "ping:10.250.20.10"), map[string]string{
		"tcp:web:7": "peer 10.250.20.", "udp:10.250.20.10:7": "peer 10.250.20.", "tcp:[fd00:250:20::10]:7": "peer [fd00:250:20::", "ping:10.250.20.10": "pong",
	})
	b.want("in the vault", b.reach("locked", "tcp:safe:7", "dns4:echo.example"), map[string]string{"tcp:safe:7": "peer 10.250.21.", "dns4:echo.example": "unknown"})
	for target, got := range b.reach("locked", "tcp:"+w.addr("echo4"), "udp:"+w.addr("echo4"), "ping:203.0.113.10", "tcp:10.250.20.10:7") {
		if strings.HasPrefix(got, "peer") || strings.HasPrefix(got, "pong") {
			t.Errorf("out of an internal network: %s: %s", target, got)
		}
	}
	// The legs of both projects, used as routers by one that may set its own routes.
	legs := strings.Fields(b.must("exec", "-T", "raw", "sh", "-c", "ip -4 route show default | sed 's/.*via //; s/ .*//'"))
	if len(legs) != 1 {
		t.Fatalf("default routes of raw: %q", legs)
	}
	gateways := append(legs, strings.Fields(a.must("exec", "-T", "web", "sh", "-c", "ip -4 route show default | sed 's/.*via //; s/ .*//'"))...)
	for _, leg := range gateways {
		b.must("exec", "-T", "raw", "ip", "route", "replace", "10.250.22.0/24", "via", leg)
		for target, got := range b.reach("raw", "tcp:10.250.22.10:7", "udp:10.250.22.10:7", "ping:10.250.22.10", "tcp:10.250.22.1:53", "udp:10.250.22.1:53") {
			if strings.HasPrefix(got, "peer") || strings.HasPrefix(got, "pong") {
				t.Errorf("by the leg %s into a's own network: %s: %s", leg, target, got)
			}
		}
	}
	a.eventually("a published port", func() bool {
		return w.exec(WorldExec{Where: "lan", Argv: []string{built.probe, "reach", "tcp:198.51.100.2:20080"}}).Output != "tcp:198.51.100.2:20080 refused\n"
	})
	a.want("by published ports", reached(w.run("lan", built.probe, "reach", "tcp:198.51.100.2:20080", "udp:198.51.100.2:20080", "tcp:[2001:db8:64::2]:20080")), map[string]string{
		"tcp:198.51.100.2:20080": "peer 192.0.2.7:", "udp:198.51.100.2:20080": "peer 192.0.2.7:", "tcp:[2001:db8:64::2]:20080": "peer [2001:db8:c0::7]:",
	})
	a.killSupervisor()
	a.want("after a crash", a.reach("web", "tcp:"+w.addr("echo4")), map[string]string{"tcp:" + w.addr("echo4"): "peer 198.51.100.2:"})
	a.want("after a crash", reached(w.run("lan", built.probe, "reach", "tcp:198.51.100.2:20080")), map[string]string{"tcp:198.51.100.2:20080": "peer 192.0.2.7:"})
}
