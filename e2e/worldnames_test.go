package e2e

import (
	"strings"
	"testing"
)

// reach runs "probe reach" in a service's container and returns the results by
// target.
func (s *scenario) reach(service string, targets ...string) map[string]string {
	s.t.Helper()
	return reached(s.must(append([]string{"exec", "-T", service, "./probe", "reach"}, targets...)...))
}

// reached reads the output of "probe reach".
func reached(out string) map[string]string {
	results := map[string]string{}
	for line := range strings.Lines(out) {
		target, result, _ := strings.Cut(strings.TrimSpace(line), " ")
		results[target] = result
	}
	return results
}

// want checks results against prefixes of what is wanted.
func (s *scenario) want(what string, got, want map[string]string) {
	s.t.Helper()
	for target, prefix := range want {
		if r, ok := got[target]; !ok || !strings.HasPrefix(r, prefix) || prefix == "" && r != "" {
			s.t.Errorf("%s: %s: %q, want %q", what, target, r, prefix)
		}
	}
}

// Names of the outside are asked of the host's resolvers, which may change in any
// way; internal networks ask nobody.
func TestNamesOfTheOutside(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  a: { command: ./probe pause }
  shut: { command: ./probe pause, networks: [inner] }
networks: { inner: { internal: true } }
`)
	s.must("up", "-d")
	s.want("at first", s.reach("a", "dns4:echo.example", "dns:nothing.example", "dns4:who.example"), map[string]string{
		"dns4:echo.example": "203.0.113.10", "dns:nothing.example": "unknown", "dns4:who.example": "203.0.113.53",
	})
	s.want("inside", s.reach("shut", "dns:leak.wild.example"), map[string]string{"dns:leak.wild.example": "unknown"})
	if q := w.queries(); strings.Contains(q, "leak") || !strings.Contains(q, "nothing.example") {
		t.Errorf("the names asked for outside: %s", q)
	}
	for _, c := range []struct{ how, script, want string }{
		{"written", "echo nameserver 203.0.113.77 > /etc/resolv.conf", "203.0.113.77"},
		{"renamed", "echo nameserver 203.0.113.53 > /etc/new && mv /etc/new /etc/resolv.conf", "203.0.113.53"},
		{"a link", "mkdir -p /etc/stub && echo nameserver 203.0.113.77 > /etc/stub/a && ln -sf stub/a /etc/resolv.conf", "203.0.113.77"},
		{"behind the link", "echo nameserver 203.0.113.53 > /etc/stub/b && mv /etc/stub/b /etc/stub/a", "203.0.113.53"},
		{"gone", "rm /etc/resolv.conf", "servfail"},
		{"back", "echo nameserver 203.0.113.77 > /etc/resolv.conf", "203.0.113.77"},
	} {
		w.run("host", "sh", "-ec", c.script)
		s.want(c.how, s.reach("a", "dns4:who.example"), map[string]string{"dns4:who.example": c.want})
	}
	if got := s.must("exec", "-T", "a", "cat", "/etc/resolv.conf"); !strings.HasPrefix(got, "nameserver 127.0.0.11\n") {
		t.Errorf("inside, the host's file is seen: %s", got)
	}
}

// A service's own name servers are asked from where it stands: another container,
// on an internal network too, and no longer the host's.
func TestOwnNameServers(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  ns:
    command: ./probe world ours 10.77.3.53
    networks: { shut: { ipv4_address: 10.77.3.53 } }
  a:
    command: ./probe pause
    dns: [10.77.3.53]
    dns_search: [example]
    dns_opt: ["timeout:2", "attempts:1", "ndots:1"]
    networks: [shut, default]
  inside: { command: ./probe pause, dns: 10.77.3.53, dns_search: ., networks: [shut] }
  loop: { command: ./probe pause, dns: 127.0.0.11 }
  lonely: { command: ./probe pause, dns: 127.0.0.1 }
  h: { command: ./probe pause, network_mode: host, dns: 203.0.113.77, dns_opt: [rotate] }
networks: { shut: { internal: true, ipam: { config: [{ subnet: 10.77.3.0/24 }] } } }
`)
	s.must("up", "-d")
	s.eventually("ns serves", func() bool { return strings.Contains(s.must("logs", "ns"), "serving as ours") })
	for service, want := range map[string]string{
		"a":    "nameserver 127.0.0.11\nsearch example\noptions timeout:2 attempts:1 ndots:1\n",
		"h":    "nameserver 203.0.113.77\noptions rotate\n",
		"loop": "nameserver 127.0.0.11\noptions ndots:0\n",
	} {
		if got := s.must("exec", "-T", service, "cat", "/etc/resolv.conf"); got != want {
			t.Errorf("%s has the resolv.conf\n%swant\n%s", service, got, want)
		}
	}
	s.want("a", s.reach("a", "dns4:who.example", "dns4:who", "dns4:ns", "dns:nothing.example"), map[string]string{
		"dns4:who.example": "10.77.3.53", "dns4:who": "10.77.3.53", "dns4:ns": "10.77.3.53", "dns:nothing.example": "unknown",
	})
	s.want("inside", s.reach("inside", "dns4:who.example", "dns4:who"), map[string]string{"dns4:who.example": "10.77.3.53", "dns4:who": "unknown"})
	s.want("h", s.reach("h", "dns4:who.example"), map[string]string{"dns4:who.example": "203.0.113.77"})
	s.killSupervisor()
	s.want("a, of the next supervisor", s.reach("a", "dns4:who.example", "dns4:ns"), map[string]string{"dns4:who.example": "10.77.3.53", "dns4:ns": "10.77.3.53"})
	before := w.queries()
	s.want("loop", s.reach("loop", "dns4:who.example"), map[string]string{"dns4:who.example": "203.0.113.53"})
	// 127.0.0.1 is the container's own, where nobody answers; never the host's.
	s.want("lonely", s.reach("lonely", "dns4:lonely.wild.example", "dns4:ns"), map[string]string{"dns4:lonely.wild.example": "servfail"})
	if after := w.queries(); strings.Contains(after, "lonely") || strings.Contains(before, "asks 203.0.113.53 for who") {
		t.Errorf("asked of the internet: %s", after)
	}
}

// extra_hosts are known to who asks the resolver without reading /etc/hosts, and to
// nobody else.
func TestExtraHostsAreAnswered(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  a:
    command: ./probe pause
    extra_hosts: ["box.test:192.0.2.9", "box.test:2001:db8::9", "host.docker.internal:host-gateway"]
    networks: { default: { ipv4_address: 10.77.12.10 } }
  b: { command: ./probe pause }
networks: { default: { ipam: { config: [{ subnet: 10.77.12.0/24 }] } } }
`)
	s.must("up", "-d")
	ask := "nsudp:127.0.0.11:53/"
	s.want("a", s.reach("a", ask+"box.test", ask+"host.docker.internal", "dns6:box.test"), map[string]string{
		ask + "box.test": "192.0.2.9", ask + "host.docker.internal": "10.77.12.1", "dns6:box.test": "2001:db8::9",
	})
	s.want("b", s.reach("b", ask+"box.test", ask+"host.docker.internal"), map[string]string{
		ask + "box.test": "unknown", ask + "host.docker.internal": "unknown",
	})
}
