package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/project"
)

// tun gives the world's host, and it alone, a /dev/net/tun that everybody may
// open.
func (w *netWorld) tun() {
	w.t.Helper()
	res := w.exec(WorldExec{Where: "host", Argv: []string{"sh", "-ec",
		"mkdir -p /dev/net; mount -t tmpfs -o mode=755 tun /dev/net; mknod -m 666 /dev/net/tun c 10 200; : < /dev/net/tun"}})
	if res.Code != 0 {
		w.t.Skipf("needs root, to make a /dev/net/tun that users may open: %s", res.Output)
	}
}

// needsHelper are the uplinks that need a helper, with its process's name.
var needsHelper = map[project.Uplink]string{
	project.UplinkPasta: "pasta", project.UplinkSlirp4netns: "slirp4netns", project.UplinkGvisor: "mocker-compose",
}

// requireUplink skips the test where the helper of an uplink is not there.
func requireUplink(t *testing.T, u project.Uplink) {
	t.Helper()
	switch u {
	case project.UplinkPasta:
		testns.RequireProgram(t, "pasta", "passt")
	case project.UplinkSlirp4netns:
		testns.RequireProgram(t, "slirp4netns", "slirp4netns")
	case project.UplinkGvisor:
		if !built.gvisor {
			t.Skip("needs a binary with gvisor: MOCKER_TEST_TAGS=gvisor builds one")
		}
	}
}

// reached runs `probe reach` in a service: what came back, by target.
func (s *scenario) reached(service string, targets ...string) map[string]string {
	s.t.Helper()
	out := s.must(append([]string{"exec", "-T", service, "./probe", "reach"}, targets...)...)
	m := map[string]string{}
	for line := range strings.Lines(out) {
		target, result, _ := strings.Cut(strings.TrimSpace(line), " ")
		m[target] = result
	}
	for _, t := range targets {
		if _, ok := m[t]; !ok {
			s.t.Fatalf("nothing is said of %s:\n%s", t, out)
		}
	}
	return m
}

// reachedFrom is reached in several services at the same time: most of it is waiting
// for what does not answer.
func (s *scenario) reachedFrom(services []string, targets ...string) map[string]map[string]string {
	s.t.Helper()
	var mu sync.Mutex
	all := map[string]map[string]string{}
	together(len(services), services, func(service string) {
		r := s.plain(append([]string{"exec", "-T", service, "./probe", "reach"}, targets...)...)
		got := reached(r.stdout)
		mu.Lock()
		defer mu.Unlock()
		all[service] = got
		missing := slices.ContainsFunc(targets, func(target string) bool { _, ok := got[target]; return !ok })
		if r.code != 0 || missing {
			s.t.Errorf("%s: exit %d, not all targets:\n%s%s", service, r.code, r.stdout, r.stderr)
		}
	})
	return all
}

const uplinkFile = `
services:
  a: { command: ./probe serve :80, networks: [n, six], ports: ["127.0.0.1::80"] }
  b: { command: ./probe parrot :99, networks: [other] }
  c: { command: ./probe parrot :99, networks: [shut] }
networks: { n: {}, six: { enable_ipv6: true }, other: {}, shut: { internal: true } }
`

// Services reach what the host reaches, by each uplink that there is; what keeps
// networks apart holds on each; and changing it touches no container.
func TestUplinks(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	s := w.begin(t, uplinkFile)
	s.must("up", "-d")
	before := s.ps()
	others := []string{"tcp:" + s.addressOf("b") + ":99", "tcp:" + s.addressOf("c") + ":99"}
	for _, u := range project.Uplinks() {
		t.Run(string(u), func(t *testing.T) {
			requireUplink(t, u)
			s := s.in(t)
			s.must("up", "-d", "--uplink", string(u))
			tcp, udp, closed := "tcp:"+w.addr("echo4"), "udp:"+w.addr("echo4"), "tcp:"+w.addr("closed4")
			got := s.reached("a", append([]string{tcp, udp, closed, "dns4:echo.example"}, others...)...)
			if u == project.UplinkNone {
				for _, target := range []string{tcp, udp, "dns4:echo.example"} {
					if strings.Contains(got[target], "at internet") || strings.Contains(got[target], "203.0.113") {
						t.Errorf("%s without an uplink: %s", target, got[target])
					}
				}
			} else if !strings.Contains(got[tcp], "at internet") || !strings.Contains(got[udp], "hello") || got["dns4:echo.example"] != "203.0.113.10" {
				t.Errorf("reached: %v", got)
			}
			if strings.Contains(got[closed], "peer") {
				t.Errorf("%s: %s", closed, got[closed])
			}
			for _, target := range others {
				if word := got[target]; word == "" || strings.Contains(word, "hello") || word == "nothing" {
					t.Errorf("from n into another network, %s: %q", target, word)
				}
			}
			if u == project.UplinkPasta || u == project.UplinkSlirp4netns {
				s.eventually("a ping is answered", func() bool {
					return s.reached("a", "ping:203.0.113.10")["ping:203.0.113.10"] == "pong hello"
				})
			}
			// There slirp4netns answers questions for names, without the rule that closes it.
			if out := s.must("exec", "-T", "a", "./probe", "dial", "10.0.2.3:53"); u != project.UplinkRelay && !strings.Contains(out, "closed") {
				t.Errorf("the helper's own server: %s", out)
			}
			if got := s.reached("c", tcp, udp); strings.Contains(got[tcp]+got[udp], "at internet") {
				t.Errorf("from an internal network: %v", got)
			}
			s.eventually("the published port answers", func() bool { return get(s.port("a-1"), "/") != "" })
			t.Logf("refused is seen as %s; other networks as %v", got[closed], got[others[0]])
		})
	}
	for name, c := range s.ps() {
		if c.ID != before[name].ID || !slices.Equal(c.Publishers, before[name].Publishers) {
			t.Errorf("%s was replaced: %+v, was %+v", name, c, before[name])
		}
	}
}

// IPv6 goes out by the uplinks that have it, and is seen as unreachable at once
// with the others.
func TestUplinksIPv6(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	s := w.begin(t, uplinkFile)
	for _, u := range []project.Uplink{project.UplinkPasta, project.UplinkSlirp4netns} {
		t.Run(string(u), func(t *testing.T) {
			requireUplink(t, u)
			s := s.in(t)
			s.must("up", "-d", "--uplink", string(u))
			s.eventually("the echo answers by IPv6", func() bool {
				return strings.Contains(s.reached("a", "tcp:"+w.addr("echo6"))["tcp:"+w.addr("echo6")], "at internet")
			})
		})
	}
	for _, u := range []project.Uplink{project.UplinkGvisor, project.UplinkNone} {
		t.Run(string(u), func(t *testing.T) {
			requireUplink(t, u)
			s := s.in(t)
			s.must("up", "-d", "--uplink", string(u))
			if got := s.reached("a", "tcp:"+w.addr("echo6"))["tcp:"+w.addr("echo6")]; got != "unreachable" && got != "forbidden" {
				t.Errorf("IPv6 is seen as %q", got)
			}
		})
	}
}

// Without rules nothing would keep networks apart from each other once R forwards.
func TestUplinkNeedsRules(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	requireUplink(t, project.UplinkPasta)
	s := w.begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.env = append(s.env, "MOCKER_FORCE_NO_NFT=1")
	s.fails(1, []string{"uplink pasta", "nf_tables with tproxy"}, "up", "-d", "--uplink", "pasta")
	s.must("up", "-d")
}

// addressOf is the IPv4 address of a service on its only network.
func (s *scenario) addressOf(service string) string {
	s.t.Helper()
	f := strings.Fields(s.must("exec", "-T", service, "./probe", "lookup", service))
	if len(f) < 2 || f[1] == "-" {
		s.t.Fatalf("%s has no address: %v", service, f)
	}
	return f[1]
}

// The flag wins over the environment, and that over the file.
func TestUplinkIsChosen(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, "services:\n  a: { command: ./probe pause }\nx-mocker: { uplink: none }\n")
	names := func() string { return s.reached("a", "dns4:echo.example")["dns4:echo.example"] }
	const outside = "203.0.113.10"
	s.must("up", "-d")
	if got := names(); got == outside {
		t.Error("the file says none, and names of the outside are answered")
	}
	s.must("up", "-d", "--uplink", "relay")
	if got := names(); got != outside {
		t.Errorf("the flag says relay: %s", got)
	}
	s.must("up", "-d")
	s.env = append(s.env, "MOCKER_UPLINK=relay")
	s.must("up", "-d")
	if got := names(); got != outside {
		t.Errorf("the environment says relay: %s", got)
	}
	s.must("up", "-d", "--uplink", "none")
	s.must("scale", "a=1")
	if got := names(); got != outside {
		t.Errorf("scale does not ask the environment: %s", got)
	}
	s.must("stop", "-t", "0")
	s.must("start", "--uplink", "none")
	if got := names(); got == outside {
		t.Error("start --uplink none has not been heard")
	}
}

// What cannot be had is an error that says what mends it, before anything is made.
func TestUplinkRefused(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	s := w.begin(t, "services:\n  a: { command: ./probe pause }\nx-mocker:\n  uplink: ${UP:-relay}\n")
	list := []string{"relay, pasta, slirp4netns, gvisor, none"}
	s.fails(1, append(list, `"vpn"`), "up", "-d", "--uplink", "vpn")
	s.env = append(s.env, "UP=slurp")
	s.fails(1, append(list, "compose.yaml:4", `"slurp"`), "up", "-d")
	s.env[len(s.env)-1] = "MOCKER_UPLINK=vpn"
	s.fails(1, append(list, "MOCKER_UPLINK"), "up", "-d")
	s.env = s.env[:len(s.env)-1]
	if !built.gvisor {
		s.fails(1, []string{"built without gvisor", "make gvisor"}, "up", "-d", "--uplink", "gvisor")
	}
	requireUplink(t, project.UplinkSlirp4netns)
	refused := func(script string, words ...string) {
		t.Helper()
		before := len(s.ps())
		w.run("host", "sh", "-ec", script)
		s.fails(1, append(words, "uplink slirp4netns"), "up", "-d", "--uplink", "slirp4netns")
		if n := len(s.ps()); n != before {
			t.Errorf("%d containers, there were %d", n, before)
		}
	}
	refused("chmod 600 /dev/net/tun", "mode 0600", "chmod 666 /dev/net/tun")
	refused("rm /dev/net/tun", "/dev/net/tun does not exist", "modprobe tun")
	s.must("up", "-d") // the relay needs none of it
	refused("true", "/dev/net/tun does not exist")
	if s.state("a-1") != "running" {
		t.Error("a does not run any more")
	}
}

// A helper that is not installed is named with its package.
func TestUplinkNotInstalled(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	requireUplink(t, project.UplinkSlirp4netns)
	requireUplink(t, project.UplinkPasta)
	w.tun()
	w.run("host", "sh", "-ec", "for p in slirp4netns pasta; do mount --bind /dev/null $(command -v $p); done")
	s := w.begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.fails(1, []string{"pasta is not installed", "install", "passt"}, "up", "-d", "--uplink", "pasta")
	s.fails(1, []string{"slirp4netns is not installed", "install"}, "up", "-d", "--uplink", "slirp4netns")
}

// Containers on a network that projects share go out by their own project's uplink.
func TestUplinkOfSharedNetwork(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	requireUplink(t, project.UplinkSlirp4netns)
	s := w.begin(t, "services:\n  a: { command: ./probe pause, networks: [front] }\nnetworks: { front: { external: true } }\n")
	s.must("network", "create", "front")
	t.Cleanup(func() { s.must("down", "-t", "0"); s.must("network", "rm", "front") })
	s.must("up", "-d", "--uplink", "slirp4netns")
	tcp := "tcp:" + w.addr("echo4")
	s.eventually("the outside answers", func() bool { return strings.Contains(s.reached("a", tcp)[tcp], "at internet") })
	s.must("up", "-d", "--uplink", "none")
	if got := s.reached("a", tcp)[tcp]; strings.Contains(got, "at internet") {
		t.Errorf("without an uplink: %s", got)
	}
}
