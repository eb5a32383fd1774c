package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// netNS names the net namespace of a service, as no other ever is.
func (s *scenario) netNS(service string) string {
	s.t.Helper()
	return strings.TrimSpace(s.must("exec", "-T", service, "./probe", "netns"))
}

// file is what a file of a service has.
func (s *scenario) file(service, path string) string {
	s.t.Helper()
	return s.must("exec", "-T", service, "cat", path)
}

// counted is how many lines have come back to a probe that holds a connection.
func (s *scenario) counted(name string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(s.read(name)))
	return n
}

// goesOn waits until a held connection has carried ten more lines.
func (s *scenario) goesOn(when, name string) {
	s.t.Helper()
	was := s.counted(name)
	s.eventually(when+": the connection goes on", func() bool { return s.counted(name) >= was+10 })
}

const tunnel = `
services:
  far: { command: ./probe parrot ":7" , networks: [front] }
  vpn:
    command: ./probe serve :80
    networks: { front: { aliases: [tunnel] } }
    ports: ["127.0.0.1::90"]
    MORE
  side:
    command: sh -c 'mkdir -p /tmp/x; ./probe serve :90 & exec ./probe hold far:7 side.count'
    network_mode: service:vpn
    healthcheck: { test: ["CMD", "./probe", "get", "http://127.0.0.1:80/"], interval: 200ms, retries: 50 }
  named:
    command: ./probe pause
    network_mode: container:${COMPOSE_PROJECT_NAME}-side-1
networks: { front: {} }
`

// What lives in another's network has its addresses, names and files, and outlives
// its restart, its crash and its replacement without the loss of a connection.
func TestNetworkOfService(t *testing.T) {
	file := func(more string) string { return strings.Replace(tunnel, "MORE", more, 1) }
	s := begin(t, file(""))
	s.must("up", "-d", "--wait")
	if ns := s.netNS("vpn"); s.netNS("side") != ns || s.netNS("named") != ns || s.netNS("far") == ns {
		t.Fatalf("net namespaces: vpn %s, side %s, named %s, far %s", ns, s.netNS("side"), s.netNS("named"), s.netNS("far"))
	}
	same := func(when string) {
		t.Helper()
		for _, path := range []string{"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"} {
			if a, b := s.file("vpn", path), s.file("side", path); a != b || a == "" {
				t.Errorf("%s: %s is %q and, of who joined, %q", when, path, a, b)
			}
		}
	}
	same("at first")
	if a, b := s.must("exec", "-T", "vpn", "hostname"), s.must("exec", "-T", "side", "hostname"); a != b {
		t.Errorf("host names %q and %q", a, b)
	}
	// The owner's port reaches who listens in its network.
	port := s.port("vpn-1")
	answers := func(when string) {
		t.Helper()
		s.eventually(when+": the published port answers", func() bool { return get(port, "/") != "" })
	}
	answers("at first")
	if c := s.ps()["side-1"]; len(c.Publishers) != 0 {
		t.Errorf("who joined publishes %+v", c.Publishers)
	}
	side := s.ps()["side-1"].ID
	ns := s.netNS("side")
	s.goesOn("at first", "side.count")

	s.must("restart", "-t", "0", "vpn")
	s.goesOn("after a restart of the owner", "side.count")
	s.must("kill", "vpn")
	s.eventually("vpn has ended", func() bool { return s.state("vpn-1") == "exited" })
	s.goesOn("after the end of the owner", "side.count")
	s.must("start", "vpn")
	if s.netNS("vpn") != ns {
		t.Error("the owner came back with another network")
	}
	port = s.port("vpn-1")
	answers("after a start")

	s.write("compose.yaml", file("environment: [ X=1 ]"))
	out := s.compose("up", "-d")
	if out.code != 0 || strings.Contains(out.stderr, "side-1  Re") || strings.Contains(out.stderr, "side-1  Start") {
		t.Fatalf("up: %d %s", out.code, out.stderr)
	}
	if s.netNS("vpn") != ns || s.ps()["side-1"].ID != side {
		t.Errorf("the new owner did not take the network over: %s, was %s", s.netNS("vpn"), ns)
	}
	s.goesOn("after the replacement of the owner", "side.count")
	same("after the replacement")
	port = s.port("vpn-1")
	answers("after the replacement")
	if got := s.must("exec", "-T", "far", "./probe", "lookup", "tunnel"); strings.Contains(got, " -") {
		t.Errorf("the owner's alias is not known: %s", got)
	}

	s.killSupervisor()
	s.goesOn("after the death of the supervisor", "side.count")
	if s.netNS("side") != ns || s.state("side-1") != "running" {
		t.Error("the joined container was not adopted")
	}
	// Removed, the owner leaves its network to who is in it.
	s.must("rm", "-sf", "vpn")
	s.goesOn("without the owner", "side.count")
	s.killSupervisor()
	s.goesOn("without the owner, with another supervisor", "side.count")
	s.must("up", "-d")
	if s.netNS("vpn") != ns {
		t.Error("the new owner did not take over what had been left")
	}
	s.goesOn("with a new owner", "side.count")
	// The last one in it takes it away.
	s.must("rm", "-sf", "vpn")
	s.must("stop", "-t", "0", "side", "named")
	s.fails(1, []string{"side", "service:vpn", "no such container"}, "up", "-d", "--no-deps", "side")
	s.must("up", "-d")
	if now := s.netNS("vpn"); now == ns {
		t.Error("the network has outlived the last one in it")
	} else if side := s.netNS("side"); side != now {
		t.Errorf("vpn is in %s, who joined it in %s", now, side)
	}
}

// The kind of the owner's network changes: who joined follows, in order.
func TestNetworkModeChanges(t *testing.T) {
	file := func(mode string) string {
		return "services:\n  a: { command: ./probe pause" + mode + " }\n  b: { command: ./probe pause, network_mode: 'service:a' }\n"
	}
	s := begin(t, file(""))
	s.must("up", "-d")
	for _, mode := range []string{", network_mode: none", ", network_mode: host", ""} {
		s.write("compose.yaml", file(mode))
		s.must("up", "-d")
		s.eventually("b runs", func() bool { return s.state("b-1") == "running" })
		if a, b := s.netNS("a"), s.netNS("b"); a != b {
			t.Errorf("with%s a is in %s and b in %s", mode, a, b)
		}
	}
	s.must("run", "--rm", "-T", "b", "true")
	s.must("up", "-d", "--force-recreate")
	if a, b := s.netNS("a"), s.netNS("b"); a != b {
		t.Errorf("after all were made anew, a is in %s and b in %s", a, b)
	}
}

// A link is a name that one service alone knows, for all replicas of another.
func TestLinks(t *testing.T) {
	s := begin(t, `
services:
  db: { command: ./probe serve :80, scale: 2 }
  web: { command: ./probe pause, links: [ "db:database" ], external_links: [ "${COMPOSE_PROJECT_NAME}-db-2:second" ] }
  other: { command: ./probe pause }
`)
	s.must("up", "-d")
	if got := strings.Fields(s.must("exec", "-T", "web", "./probe", "lookup", "database")); len(got) != 3 {
		t.Errorf("the link is %v", got)
	}
	if a, b := s.nameIn("web", "second"), s.nameIn("web", s.project+"-db-2"); a == "" || a != b {
		t.Errorf("the external link is %s, the container is %s", a, b)
	}
	if got := s.nameIn("other", "database"); got != "" {
		t.Errorf("others know the link: %s", got)
	}
	s.must("exec", "-T", "web", "./probe", "get", "http://database/")
	s.killSupervisor()
	s.eventually("the next supervisor knows the link", func() bool { return s.nameIn("web", "database") != "" })
	if env := s.must("exec", "-T", "web", "env"); strings.Contains(env, "DATABASE") {
		t.Errorf("a link sets variables:\n%s", env)
	}
}

// The owner of a network is recreated again and again while supervisors are killed:
// who lives in it keeps its connection.
func TestNetworkOfServiceUnderKills(t *testing.T) {
	file := func(n int) string {
		return strings.Replace(tunnel, "MORE", "environment: [ N="+strconv.Itoa(n)+" ]", 1)
	}
	s := begin(t, file(0))
	s.must("up", "-d", "--wait")
	ns, side := s.netNS("vpn"), s.ps()["side-1"].ID
	stop, killed := make(chan struct{}), make(chan int, 1)
	go func() { killed <- s.killSupervisors(kills(), stop) }()
	rounds := 0
	for n := 1; len(killed) == 0; n++ {
		rounds = n
		s.write("compose.yaml", file(n))
		s.plain("up", "-d", "-t", "0") // killed too often, it gives up
	}
	close(stop)
	t.Logf("%d kills, %d replacements", <-killed, rounds)
	s.write("compose.yaml", file(rounds+1))
	s.must("up", "-d", "-t", "0")
	s.goesOn("after all", "side.count")
	if s.netNS("vpn") != ns || s.netNS("side") != ns || s.ps()["side-1"].ID != side {
		t.Errorf("the network was %s; vpn is in %s, side in %s", ns, s.netNS("vpn"), s.netNS("side"))
	}
	port := s.port("vpn-1")
	s.eventually("the published port answers", func() bool { return get(port, "/") != "" })
}
