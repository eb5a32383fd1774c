package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const wired = `
services:
  far: { command: ./probe parrot ":7", networks: { front: {}, back: { ipv4_address: 10.123.7.9 } } }
  web:
    command: sh -c './probe serve :80 & exec ./probe hold far.${COMPOSE_PROJECT_NAME}_front:7 web.count'
    ports: [ "127.0.0.1::80" ]
    networks: WEB
  old: { command: ./probe pause, networks: [ back ] }
networks:
  front: {}
  back: { BACK }
  more: {}
`

// nameIn is what a name has in a service, "" if it is not known.
func (s *scenario) nameIn(in, name string) string {
	s.t.Helper()
	f := strings.Fields(s.must("exec", "-T", in, "./probe", "lookup", name))
	if len(f) < 2 || f[1] == "-" {
		return ""
	}
	return f[1]
}

// links are those of a service, without the loopback, sorted.
func (s *scenario) links(service string) []string {
	s.t.Helper()
	var list []string
	for line := range strings.Lines(s.must("exec", "-T", service, "cat", "/proc/net/dev")) {
		if name, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && name != "lo" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// up after an edit of networks applies the difference: nothing is restarted, and
// what stays keeps its connections.
func TestNetworkChanges(t *testing.T) {
	const subnet = "ipam: { config: [ { subnet: 10.123.7.0/24 } ] }"
	file := func(web, back string) string {
		return strings.NewReplacer("WEB", web, "BACK", back).Replace(wired)
	}
	s := begin(t, file("{ front: {} }", subnet))
	s.must("up", "-d")
	before := s.ps()
	s.goesOn("at first", "web.count")
	run := strings.TrimSpace(s.must("run", "-d", "old", "./probe", "pause"))
	seen := s.networkEvents()
	change := func(web, back string, words ...string) string {
		t.Helper()
		s.write("compose.yaml", file(web, back))
		out := s.compose("up", "-d")
		if out.code != 0 {
			t.Fatalf("up: %d %s", out.code, out.stderr)
		}
		for _, w := range words {
			if !strings.Contains(out.stderr, strings.ReplaceAll(w, "P_", s.project+"_")) {
				t.Errorf("up with networks %s says\n%swithout %s", web, out.stderr, w)
			}
		}
		for name, c := range s.ps() {
			if was := before[name]; was.ID != "" && was.ID != c.ID || c.State != "running" || strings.Contains(out.stderr, "Recreate") {
				t.Errorf("%s was restarted: %+v, was %+v\n%s", name, c, was, out.stderr)
			}
		}
		s.goesOn("with networks "+web, "web.count")
		if again := s.compose("up", "-d"); strings.Contains(again.stderr, "onnect") || strings.Contains(again.stderr, "Updat") {
			t.Errorf("up again changes\n%s", again.stderr)
		}
		return out.stderr
	}
	// Attach.
	change("{ front: {}, back: { aliases: [ w ], ipv4_address: 10.123.7.50 }, more: {} }", subnet,
		"Network P_more  Created", "web-1  Connecting P_back", "web-1  Connected P_more")
	if got := s.nameIn("old", "w"); got != "10.123.7.50" {
		t.Errorf("w is at %q", got)
	}
	if got := s.links("web"); !slices.Equal(got, []string{"eth0", "eth1", "eth2"}) {
		t.Errorf("interfaces %v", got)
	}
	if hosts := s.file("web", "/etc/hosts"); !strings.Contains(hosts, "10.123.7.50\t") || strings.Count(hosts, "localhost") < 2 {
		t.Errorf("/etc/hosts says\n%s", hosts)
	}
	if out := s.must("exec", "-T", "web", "./probe", "dial", "10.123.7.9:7"); !strings.Contains(out, " open") {
		t.Errorf("the new network: %s", out)
	}
	// Another name, another address, another way out; one network less.
	change("{ front: { gw_priority: 5 }, back: { aliases: [ v ], ipv4_address: 10.123.7.51 } }", subnet,
		"web-1  Disconnected P_more", "web-1  Disconnected P_back", "web-1  Connected P_back", "web-1  Updated P_front")
	if w, v := s.nameIn("old", "w"), s.nameIn("old", "v"); w != "" || v != "10.123.7.51" {
		t.Errorf("w is at %q, v at %q", w, v)
	}
	if hosts := s.file("web", "/etc/hosts"); strings.Contains(hosts, "10.123.7.50\t") || !strings.Contains(hosts, "10.123.7.51\t") {
		t.Errorf("/etc/hosts says\n%s", hosts)
	}
	if got := s.links("web"); len(got) != 2 {
		t.Errorf("interfaces %v", got)
	}
	// The definition of a network changes: it is made anew, for all who are on it.
	change("{ front: {}, back: { ipv4_address: 10.123.7.51 } }", subnet+", internal: true",
		"Network P_back  Removed", "Network P_back  Created", "old-1  Disconnected P_back", "old-1  Connected P_back", "far-1  Connected P_back")
	if got := s.nameIn("old", "far"); got != "10.123.7.9" {
		t.Errorf("far is at %q", got)
	}
	if out := s.must("exec", "-T", "old", "./probe", "dial", "10.123.7.9:7"); !strings.Contains(out, " open") {
		t.Errorf("the network that was made anew: %s", out)
	}
	if got := s.must("exec", "-T", run[:12], "./probe", "lookup", "far"); !strings.Contains(got, "10.123.7.9") {
		t.Errorf("the one-off container did not come back to the network: %s", got)
	}
	// The port follows to the network that is left.
	port := s.port("web-1")
	s.write("compose.yaml", file("{ back: {} }", subnet))
	s.must("up", "-d")
	s.eventually("the published port answers by the other network", func() bool { return get(port, "/") != "" })
	for _, want := range []string{"connect back", "connect more", "disconnect more", "disconnect back", "destroy back", "create back", "disconnect front"} {
		s.eventually("events tell: "+want, func() bool { return strings.Contains(seen(), want) })
	}
}

// networkEvents collects what events tells of networks: "connect back".
func (s *scenario) networkEvents() func() string {
	f := s.background("events", "--json", "--since", time.Now().Format(time.RFC3339Nano))
	s.t.Cleanup(func() { f.kill(syscall.SIGKILL); f.code() })
	return func() string {
		var words []string
		for line := range strings.Lines(f.out.String()) {
			var e struct {
				Type, Action string
				Attributes   map[string]string
			}
			if json.Unmarshal([]byte(line), &e) == nil && e.Type == "network" {
				words = append(words, e.Action+" "+strings.TrimPrefix(e.Attributes["name"], s.project+"_"))
			}
		}
		return strings.Join(words, "\n") + "\n"
	}
}

// The supervisor is killed again and again while networks change: in the end all is
// as the file has it, and the connections on the network that stays never broke.
func TestNetworkChangesUnderKills(t *testing.T) {
	file := func(n int) string {
		web := []string{"front: {}"}
		if n%2 == 0 {
			web = append(web, fmt.Sprintf("back: { ipv4_address: 10.124.7.%d, aliases: [ w%d ] }", 50+n, n))
		}
		if n%3 == 0 {
			web = append(web, "more: {}")
		}
		back := "ipam: { config: [ { subnet: 10.124.7.0/24 } ] }"
		if n%5 == 4 {
			back += ", internal: true"
		}
		text := strings.NewReplacer("WEB", "{ "+strings.Join(web, ", ")+" }", "BACK", back).Replace(wired)
		return strings.ReplaceAll(text, "10.123.7.9", "10.124.7.9")
	}
	s := begin(t, file(0))
	s.must("up", "-d")
	id := s.ps()["web-1"].ID
	stop := make(chan struct{})
	killed := make(chan int, 1)
	go func() { killed <- s.killSupervisors(kills(), stop) }()
	rounds := 0
	for n := 1; len(killed) == 0; n++ {
		rounds = n
		s.write("compose.yaml", file(n))
		s.plain("up", "-d") // killed too often, it gives up
	}
	close(stop)
	t.Logf("%d kills, %d changes", <-killed, rounds)
	s.write("compose.yaml", file(30))
	s.must("up", "-d")
	s.goesOn("after all", "web.count")
	if now := s.ps()["web-1"]; now.ID != id || now.State != "running" {
		t.Errorf("web was restarted: %+v, was %s", now, id)
	}
	if got := s.nameIn("old", "w30"); got != "10.124.7.80" {
		t.Errorf("w30 is at %q", got)
	}
	if got := s.links("web"); len(got) != 3 {
		t.Errorf("interfaces %v", got)
	}
	if out := s.must("exec", "-T", "web", "./probe", "dial", "10.124.7.9:7"); !strings.Contains(out, " open") {
		t.Errorf("far by back: %s", out)
	}
}

// A project joins and leaves an external network while it runs; the other project
// sees it come and go.
func TestExternalNetworkChanges(t *testing.T) {
	file := func(web string) string {
		return `
services:
  far: { command: ./probe parrot ":7" }
  web: { command: "sh -c './probe serve :80 & exec ./probe hold far:7 web.count'", networks: ` + web + ` }
networks: { default: {}, shared: { external: true, name: between } }
`
	}
	a := begin(t, file("[ default ]"))
	a.shares("between")
	b := a.neighbour("b", "services: { x: { command: ./probe pause, networks: [ between ] } }\nnetworks: { between: { external: true } }\n")
	a.must("up", "-d")
	b.must("up", "-d")
	id := a.ps()["web-1"].ID
	a.goesOn("at first", "web.count")
	for range 2 {
		a.write("compose.yaml", file("{ default: {}, shared: { aliases: [ shop ] } }"))
		a.must("up", "-d")
		a.eventually("b reaches who came to the network", func() bool { return b.gets("x", "http://shop/") != "" })
		a.goesOn("on the shared network", "web.count")
		a.killSupervisor()
		a.eventually("b reaches it also by the next supervisor", func() bool { return b.gets("x", "http://shop/") != "" })
		a.write("compose.yaml", file("[ default ]"))
		a.must("up", "-d")
		a.eventually("b does not know who left", func() bool { return b.address("x", "shop") == "" })
		if n := len(a.inspectNetwork("between").Containers); n != 1 {
			t.Errorf("%d containers are on the network, want that of b", n)
		}
		a.goesOn("off the shared network", "web.count")
	}
	if now := a.ps()["web-1"]; now.ID != id {
		t.Errorf("web was recreated: %+v", now)
	}
}
