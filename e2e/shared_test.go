package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// neighbour is another project of the same user: its own directory, the same run
// and data directories. It is taken down before the leak census.
func (s *scenario) neighbour(name, composeFile string) *scenario {
	s.t.Helper()
	n := *s
	n.dir, n.project = filepath.Join(filepath.Dir(s.dir), name), s.project+"-"+name
	n.env = append(slices.DeleteFunc(slices.Clone(s.env), func(kv string) bool {
		return strings.HasPrefix(kv, "COMPOSE_PROJECT_NAME=")
	}), "COMPOSE_PROJECT_NAME="+n.project)
	n.write("compose.yaml", composeFile)
	if err := copyFile(filepath.Join(n.dir, "probe"), built.probe); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if r := n.compose("down", "-v", "-t", "0", "--remove-orphans"); r.code != 0 {
			s.t.Errorf("down of %s at the end: exit %d\n%s", name, r.code, r.stderr)
		}
	})
	return &n
}

// shares makes a network, and removes it when all projects are down.
func (s *scenario) shares(args ...string) {
	s.t.Helper()
	s.must(append([]string{"network", "create"}, args...)...)
	name := args[len(args)-1]
	s.t.Cleanup(func() {
		s.compose("down", "-t", "0")
		s.must("network", "rm", name)
	})
}

// address is what a name is inside a service, "" if it is not known there.
func (s *scenario) address(service, name string) string {
	s.t.Helper()
	f := strings.Fields(s.must("exec", "-T", service, "./probe", "lookup", name))
	if len(f) < 2 || f[1] == "-" {
		return ""
	}
	return f[1]
}

func (s *scenario) gets(service, url string) string {
	s.t.Helper()
	r := s.compose("exec", "-T", service, "./probe", "get", url)
	return strings.TrimSpace(r.stdout)
}

const onFront = "\nnetworks: { front: { external: true, name: front }, own: {} }\n"

// networkNow is what network inspect tells.
type networkNow struct {
	Name     string
	Labels   map[string]string
	Internal bool
	IPAM     struct {
		Config []struct{ Subnet, Gateway string }
	}
	Containers map[string]struct {
		Name, IPv4Address, MacAddress string
		RxBytes, TxBytes              uint64
	}
	Statistics struct{ RxBytes, TxBytes uint64 }
}

func (s *scenario) inspectNetwork(name string) networkNow {
	s.t.Helper()
	var list []networkNow
	if err := json.Unmarshal([]byte(s.must("network", "inspect", name)), &list); err != nil || len(list) != 1 {
		s.t.Fatalf("network inspect %s: %v, %d", name, err, len(list))
	}
	return list[0]
}

// Two projects meet on an external network by every name, and a third does not.
func TestSharedNetwork(t *testing.T) {
	a := begin(t, `
services:
  web: { command: ./probe serve :80, hostname: web-host, networks: { front: { aliases: [shop] }, own: {} }, ports: ["127.0.0.1::80"] }
  only: { command: ./probe serve :80, hostname: only-host, networks: [front], ports: ["127.0.0.1::80"] }
  back: { command: ./probe serve :80, networks: [own] }
`+onFront)
	a.shares("front")
	b := a.neighbour("b", `
services:
  client: { command: ./probe serve :80, hostname: client-host, container_name: the-client, networks: [front, own],
            external_links: ["`+a.project+`-web-1:remote"] }
`+onFront)
	c := a.neighbour("c", "services:\n  x: { command: ./probe pause }\n")
	for _, s := range []*scenario{a, b, c} {
		s.must("up", "-d")
	}
	for _, name := range []string{"web", "shop", a.project + "-web-1", "web.front", "shop.front", "remote"} {
		a.eventually("answer by "+name, func() bool { return b.gets("client", "http://"+name+"/") == "web-host" })
	}
	for _, name := range []string{"client", "the-client", "client.front"} {
		a.eventually("answer by "+name, func() bool { return a.gets("web", "http://"+name+"/") == "client-host" })
	}
	if got := b.address("client", "back"); got != "" {
		t.Errorf("a service of a's own network is known to b: %s", got)
	}
	at := b.address("client", "web")
	// The address may well mean something outside.
	if got := c.gets("x", "http://"+net.JoinHostPort(at, "80")+"/"); got == "web-host" {
		t.Errorf("who is not on the network reaches it: %s", got)
	}
	if c.address("x", "web") != "" {
		t.Error("who is not on the network knows its names")
	}
	a.eventually("a published port of what stands on the shared network alone", func() bool {
		return strings.TrimSpace(get(a.port("only-1"), "/")) == "only-host"
	})
	// Names follow what runs.
	a.must("stop", "-t", "0", "web")
	if got := b.address("client", "web"); got != "" {
		t.Errorf("a stopped service is known: %s", got)
	}
	a.must("start", "web")
	a.eventually("answer of one that was started again", func() bool { return b.gets("client", "http://web/") == "web-host" })
	a.must("up", "-d", "--force-recreate", "web")
	a.eventually("answer of one that was made anew", func() bool { return b.gets("client", "http://web/") == "web-host" })
	// Down leaves the network to the other.
	if out := a.must("down", "-t", "0"); strings.Contains(out, "front") {
		t.Errorf("down speaks of the shared network: %s", out)
	}
	if b.address("client", "web") != "" || b.gets("client", "http://the-client.front/") != "client-host" {
		t.Error("after the down of a, b's network is not as it should be")
	}
	a.must("up", "-d")
	a.eventually("they meet again", func() bool { return b.gets("client", "http://web/") == "web-host" })
}

// kill -9 of any process: those on the network go on, and the next one joins them.
func TestSharedNetworkKills(t *testing.T) {
	file := func(host string) string {
		return "services:\n  " + host + ": { command: ./probe serve :80, hostname: " + host + "-host, networks: [front] }\n" +
			"networks: { front: { external: true } }\n"
	}
	a := begin(t, file("a"))
	a.shares("front")
	b, c := a.neighbour("b", file("b")), a.neighbour("c", file("c"))
	for _, s := range []*scenario{a, b} {
		s.must("up", "-d")
	}
	meet := func(when string, from *scenario, service, name string) {
		t.Helper()
		a.eventually(fmt.Sprintf("%s: %s from %s", when, name, service), func() bool { return from.gets(service, "http://"+name+"/") == name+"-host" })
	}
	meet("at first", a, "a", "b")
	meet("at first", b, "b", "a")
	for range 3 {
		a.killSupervisor()
		b.killSupervisor()
		meet("supervisors killed", a, "a", "b")
		meet("supervisors killed", b, "b", "a")
	}
	// All of a dies, which made the network; b stays.
	holder := peerPID(t, a.dirs.HolderSocket(a.project))
	signalPID(t, holder, syscall.SIGKILL)
	a.eventually("the names of the dead are gone", func() bool { return b.address("b", "a") == "" })
	c.must("up", "-d")
	meet("a third joins", c, "c", "b")
	meet("a third joins", b, "b", "c")
	a.must("up", "-d")
	meet("the dead one rises", a, "a", "b")
	meet("the dead one rises", c, "c", "a")
	// The user holder dies: the next command starts another one.
	if os.Getenv("MOCKER_FORCE_PORTABLE") == "" { // which cannot enter a user namespace that exists
		signalPID(t, peerPID(t, a.dirs.UserSocket()), syscall.SIGKILL)
		c.must("up", "-d", "--force-recreate")
		meet("user holder killed", c, "c", "b")
	}
	// Supervisor and holder at once, of all: nothing of the network is left but files,
	// and the next up begins a new one.
	for _, s := range []struct {
		*scenario
		service string
	}{{a, "a"}, {b, "b"}, {c, "c"}} {
		holder, supervisor := peerPID(t, s.dirs.HolderSocket(s.project)), s.supervisorPID()
		_ = syscall.Kill(supervisor, syscall.SIGSTOP)
		_ = syscall.Kill(holder, syscall.SIGKILL)
		_ = syscall.Kill(supervisor, syscall.SIGKILL)
	}
	for _, s := range []*scenario{a, b} {
		s.must("up", "-d")
	}
	meet("after the end of all", a, "a", "b")
	meet("after the end of all", b, "b", "a")
}

// Addresses: nobody gets another's, whoever comes when.
func TestSharedNetworkAddresses(t *testing.T) {
	file := func(more string) string {
		return "services:\n  s: { command: ./probe pause, scale: 3, networks: [front] }\n" + more +
			"networks: { front: { external: true } }\n"
	}
	a := begin(t, file("  fixed: { command: ./probe pause, networks: { front: { ipv4_address: 10.250.7.200 } } }\n"))
	a.shares("--subnet", "10.250.7.0/24", "--gateway", "10.250.7.254", "front")
	all := []*scenario{a}
	for i := range 3 {
		all = append(all, a.neighbour(fmt.Sprintf("n%d", i), file("")))
	}
	done := make(chan result)
	for _, s := range all {
		go func() { done <- s.plain("up", "-d") }()
	}
	for range all {
		if r := <-done; r.code != 0 {
			t.Fatalf("up: exit %d\n%s", r.code, r.stderr)
		}
	}
	seen := map[string]string{}
	now := a.inspectNetwork("front")
	for _, c := range now.Containers {
		if who := seen[c.IPv4Address]; who != "" {
			t.Errorf("%s and %s have %s", c.Name, who, c.IPv4Address)
		}
		seen[c.IPv4Address] = c.Name
	}
	if len(seen) != 3*len(all)+1 || seen["10.250.7.200/24"] != a.project+"-fixed-1" {
		t.Errorf("%d addresses: %v", len(seen), seen)
	}
	late := a.neighbour("late", "services:\n  l: { command: ./probe pause, networks: { front: { ipv4_address: 10.250.7.200 } } }\nnetworks: { front: { external: true } }\n")
	late.fails(1, []string{"10.250.7.200", "in use by " + a.project + "/" + a.project + "-fixed-1"}, "up", "-d")
}

func TestNetworkCommands(t *testing.T) {
	s := begin(t, "services:\n  web: { command: ./probe serve :80, networks: [front, own] }\nnetworks:\n  front: { external: true }\n  own: { labels: { tier: back } }\n")
	s.fails(1, []string{"compose.yaml:4: network front declared as external, but could not be found", "mocker-compose network create front"}, "up", "-d")
	if names := s.must("network", "ls", "-q"); names != "" {
		t.Errorf("a failed up has left networks: %s", names)
	}
	id := strings.TrimSpace(s.must("network", "create", "--label", "a=b", "--subnet", "10.250.8.0/24", "front"))
	t.Cleanup(func() {
		s.compose("down", "-t", "0")
		s.must("network", "rm", "-f", "front", "spare")
	})
	s.fails(1, []string{"network with name front already exists"}, "network", "create", "front")
	s.fails(1, []string{"overlaps with 10.250.8.0/24 of network front"}, "network", "create", "--subnet", "10.250.8.0/25", "spare")
	s.fails(1, []string{"driver \"macvlan\""}, "network", "create", "-d", "macvlan", "spare")
	s.must("network", "create", "--internal", "spare")
	s.must("up", "-d")
	if out := s.must("network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Scope}} {{.Internal}}"); out != fmt.Sprintf("%s_own bridge local false\nfront bridge local false\nspare bridge local true\n", s.project) {
		t.Errorf("ls:\n%s", out)
	}
	if out := s.must("network", "ls", "-q", "--no-trunc", "--filter", "label=a"); strings.TrimSpace(out) != id {
		t.Errorf("ls by label: %q, want %q", out, id)
	}
	front, own := s.inspectNetwork(id[:12]), s.inspectNetwork(s.project+"_own")
	c := front.Containers[strings.TrimSpace(s.must("ps", "-q", "--no-trunc", "web"))]
	if c.Name != s.project+"-web-1" || !strings.HasPrefix(c.IPv4Address, "10.250.8.") || front.IPAM.Config[0].Gateway != "10.250.8.1" || front.Labels["a"] != "b" {
		t.Errorf("front: %+v", front)
	}
	if l := own.Labels; l["com.docker.compose.project"] != s.project || l["com.docker.compose.network"] != "own" || l["tier"] != "back" || len(own.Containers) != 1 {
		t.Errorf("own: %+v", own)
	}
	s.fails(1, []string{"network front is in use by " + s.project}, "network", "rm", "front")
	s.fails(1, []string{"belongs to project " + s.project}, "network", "rm", s.project+"_own")
	s.fails(1, []string{"network none-such not found"}, "network", "inspect", "none-such")
	if out := s.must("network", "prune", "-f"); out != "Deleted Networks:\nspare\n\n" {
		t.Errorf("prune: %q", out)
	}
	s.fails(1, []string{"mocker-compose up -d"}, "network", "connect", "front", "web")
	s.must("stop", "-t", "0")
	if c := s.inspectNetwork("front").Containers; len(c) != 0 {
		t.Errorf("stopped ones are listed: %+v", c)
	}
	s.write("compose.yaml", "services:\n  web: { command: ./probe pause }\nnetworks:\n  default: { name: front }\n")
	s.must("down")
	s.fails(1, []string{"compose.yaml:4: network front was found but has incorrect label", `(expected: "default")`, "external: true"}, "up", "-d")
	if _, err := os.Stat(filepath.Join(s.dirs.Run, "net")); !os.IsNotExist(err) {
		t.Errorf("files of shared networks are left: %v", err)
	}
}

// What goes through is counted, for each container and in all.
func TestNetworkCounts(t *testing.T) {
	s := begin(t, "services:\n  web: { command: ./probe serve :80 }\n  client: { command: ./probe pause }\n")
	s.must("up", "-d")
	s.eventually("answer", func() bool { return s.gets("client", "http://web/") != "" })
	n := s.inspectNetwork(s.project + "_default")
	for _, c := range n.Containers {
		if c.RxBytes == 0 || c.TxBytes == 0 {
			t.Errorf("%+v", c)
		}
	}
	before := n.Statistics
	s.killSupervisor()
	s.eventually("answer by the next supervisor's names", func() bool { return s.gets("client", "http://web/") != "" })
	if now := s.inspectNetwork(s.project + "_default").Statistics; now.RxBytes <= before.RxBytes || now.TxBytes <= before.TxBytes {
		t.Errorf("%+v, then %+v", before, now)
	}
}

// A network of a project with the name that it gets by itself is joined if the file
// allows it.
func TestAttachableNetwork(t *testing.T) {
	file := func(more string) string {
		return "services:\n  a: { command: ./probe serve :80, hostname: a-host }\nnetworks:\n  default: {" + more + "}\n"
	}
	a := begin(t, file(""))
	b := a.neighbour("b", "services:\n  b: { command: ./probe pause, networks: [far] }\nnetworks:\n  far: { name: "+a.project+"_default, external: true }\n")
	a.must("up", "-d")
	b.fails(1, []string{"network " + a.project + "_default declared as external, but could not be found", "project " + a.project + " has it for itself", "attachable: true"}, "up", "-d")
	a.must("down", "-t", "0")
	a.write("compose.yaml", file(" attachable: true "))
	a.must("up", "-d")
	b.must("up", "-d")
	a.eventually("b gets from a", func() bool { return b.gets("b", "http://a/") == "a-host" })
	b.must("down", "-t", "0")
}

// A network of a file that has a name of its own choice is found by others, as with
// docker; it goes with its project unless somebody is on it.
func TestNamedNetwork(t *testing.T) {
	a := begin(t, "services:\n  a: { command: ./probe serve :80, hostname: a-host }\nnetworks:\n  default: { name: meeting, ipam: { config: [{ subnet: 10.250.9.0/24 }] } }\n")
	b := a.neighbour("b", "services:\n  b: { command: ./probe serve :80, hostname: b-host, networks: [far] }\nnetworks:\n  far: { name: meeting, external: true }\n")
	b.fails(1, []string{"network meeting declared as external, but could not be found"}, "up", "-d")
	a.must("up", "-d")
	b.must("up", "-d")
	a.eventually("b gets from a", func() bool { return b.gets("b", "http://a/") == "a-host" })
	a.eventually("a gets from b", func() bool { return a.gets("a", "http://b.meeting/") == "b-host" })
	if r := a.compose("down", "-t", "0"); r.code != 0 || !strings.Contains(r.stderr, "still in use by "+b.project) {
		t.Errorf("down while b is on it: exit %d\n%s", r.code, r.stderr)
	}
	if b.gets("b", "http://b.meeting/") != "b-host" {
		t.Error("b has lost its network")
	}
	a.must("up", "-d")
	a.eventually("they meet again", func() bool { return b.gets("b", "http://a/") == "a-host" })
	a.write("compose.yaml", strings.ReplaceAll(a.read("compose.yaml"), "10.250.9.", "10.250.10."))
	a.fails(1, []string{"compose.yaml:4: network meeting differs from the one that " + b.project + " is on"}, "up", "-d")
	b.must("down", "-t", "0")
	a.must("up", "-d")
	if n := a.inspectNetwork("meeting"); n.Labels["com.docker.compose.project"] != a.project || len(n.Containers) != 1 || n.IPAM.Config[0].Subnet != "10.250.10.0/24" {
		t.Errorf("%+v", n)
	}
	a.must("stop", "-t", "0")
	a.eventually("the supervisor has nothing to do", func() bool { _, err := os.Stat(a.dirs.APISocket(a.project)); return err != nil })
	a.must("down", "-t", "0")
	if names := a.must("network", "ls", "-q"); names != "" {
		t.Errorf("down has left %s", names)
	}
}

// kill -9 of supervisors in the middle of joining and leaving: there is one network
// in the end, and nobody has an address of another.
func TestSharedNetworkKilledDuringUp(t *testing.T) {
	const file = "services:\n  s: { command: ./probe serve :80, scale: 3, networks: [front] }\nnetworks: { front: { external: true } }\n"
	a := begin(t, "services:\n  stay: { command: ./probe serve :80, hostname: stay-host, networks: [front] }\nnetworks: { front: { external: true } }\n")
	a.shares("front")
	b, c := a.neighbour("b", file), a.neighbour("c", file)
	a.must("up", "-d")
	for range min(kills(), 6) {
		for _, s := range []*scenario{b, c} {
			f := s.foreground("-d", "--force-recreate")
			time.Sleep(time.Duration(rand.IntN(80)) * time.Millisecond)
			if pid, err := supervisorPID(s.dirs.APISocket(s.project)); err == nil {
				signalPID(t, pid, syscall.SIGKILL)
			}
			f.code()
		}
		if rand.IntN(2) == 0 {
			b.must("down", "-t", "0")
		}
	}
	for _, s := range []*scenario{b, c} {
		s.must("up", "-d")
		a.eventually("stay answers "+s.project, func() bool { return s.gets("s", "http://stay/") == "stay-host" })
	}
	seen := map[string]string{}
	for _, e := range a.inspectNetwork("front").Containers {
		if who := seen[e.IPv4Address]; who != "" {
			t.Errorf("%s and %s have %s", who, e.Name, e.IPv4Address)
		}
		seen[e.IPv4Address] = e.Name
	}
	if len(seen) != 7 {
		t.Errorf("on the network: %v", seen)
	}
	if n := len(strings.Fields(a.must("exec", "-T", "stay", "./probe", "lookup", "s"))) - 1; n != 6 {
		t.Errorf("the name of six replicas of two projects has %d addresses", n)
	}
}

// An edit puts a running service on a shared network, and takes it off, without a
// restart; a project that has left is no user of it.
func TestSharedNetworkByEdit(t *testing.T) {
	file := func(networks, more string) string {
		return "services:\n  web: { command: ./probe serve :80, hostname: web-host, networks: [" + networks + "] }\n  other: { command: ./probe pause }\nnetworks: { default: {}, own: {}" + more + " }\n"
	}
	a := begin(t, file("own", ""))
	a.shares("front")
	b := a.neighbour("b", "services:\n  client: { command: ./probe serve :80, hostname: client-host, networks: [front] }\nnetworks: { front: { external: true } }\n")
	a.must("up", "-d")
	b.must("up", "-d")
	id := a.ps()["web-1"].ID
	for round := range 2 {
		a.write("compose.yaml", file("own, front", ", front: { external: true }"))
		a.must("up", "-d")
		a.eventually("b finds who has come", func() bool { return b.gets("client", "http://web/") == "web-host" })
		a.eventually("who has come finds b", func() bool { return a.gets("web", "http://client/") == "client-host" })
		if round == 1 {
			a.killSupervisor()
		}
		a.write("compose.yaml", file("own", ""))
		a.must("up", "-d")
		if got := b.address("client", "web"); got != "" {
			t.Errorf("who has left is known: %s", got)
		}
		if n := len(a.inspectNetwork("front").Containers); n != 1 {
			t.Errorf("%d containers are listed", n)
		}
	}
	if now := a.ps()["web-1"].ID; now != id {
		t.Error("the container was made anew")
	}
	b.must("down", "-t", "0")
	if r := a.compose("network", "rm", "front"); r.code != 0 {
		t.Errorf("nobody is on it: %s", r.stderr)
	}
	a.must("network", "create", "front")
}
