package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// on makes a service stand on networks: "front" or "front=10.0.0.1".
func on(networks ...string) func(*project.Service) {
	return func(s *project.Service) {
		s.Endpoints = nil
		for _, n := range networks {
			key, ip, _ := strings.Cut(n, "=")
			s.Endpoints = append(s.Endpoints, project.Endpoint{Network: key, IPv4Address: ip})
		}
	}
}

// netted is a project with networks front and back.
func netted(services ...project.Service) project.Project {
	p := proj(services...)
	p.Networks = []project.Network{{Key: "back", Name: "demo_back"}, {Key: "front", Name: "demo_front"}}
	return p
}

// where says where all containers stand: "a-1: demo_front".
func (g *stage) where() string {
	g.f.Mu.Lock()
	defer g.f.Mu.Unlock()
	var parts []string
	for name, at := range g.f.At {
		text := strings.TrimPrefix(name, "demo-") + ":"
		for _, a := range at {
			text += " " + strings.TrimPrefix(a.Network, "demo_") + a.IPv4
		}
		parts = append(parts, text)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func (g *stage) wantWhere(want string) {
	g.t.Helper()
	if got := g.where(); got != want {
		g.t.Errorf("containers stand\n got %s\nwant %s", got, want)
	}
}

func TestUpRewires(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(netted(svc("a", on("front")), svc("b", on("front")))))
		g.f.ClearCalls()
		out, end := g.listen()
		lines := g.must(g.up(netted(svc("a", on("front", "back")), svc("b", on("back"))))).lines
		inOrder(t, lines, "Network demo_back Creating", "Network demo_back Created", "Container demo-a-1 Connecting", "Container demo-a-1 Connected")
		inOrder(t, lines, "Container demo-b-1 Disconnecting", "Container demo-b-1 Disconnected", "Container demo-b-1 Connecting", "Container demo-b-1 Connected")
		g.wantWhere("a-1: front back, b-1: back")
		for _, call := range g.f.Calls() {
			if !strings.HasPrefix(call, "rewire ") {
				t.Errorf("a change of networks calls %q", call)
			}
		}
		g.wantStates("a-1=running b-1=running")
		for _, e := range end(out) {
			if e.Type != "" {
				t.Errorf("who did not ask for events of networks gets %+v", e)
			}
		}
		if again := strings.Join(g.must(g.up(netted(svc("a", on("front", "back")), svc("b", on("back"))))).lines, "\n"); again != "Container demo-a-1 Running\nContainer demo-b-1 Running" {
			t.Errorf("again says\n%s", again)
		}
		g.crash()
		g.wantWhere("a-1: front back, b-1: back")
	})
}

func TestRewireFails(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(netted(svc("a", on("front")))))
		g.f.OnRewire = func(*Container, func() error) error { return errors.New("the address is in use") }
		want := netted(svc("a", on("front", "back=10.0.0.9")))
		r := g.up(want)
		if r.err == nil || !strings.Contains(r.err.Message, "connect container demo-a-1, network demo_back: the address is in use") {
			t.Errorf("error %+v", r.err)
		}
		if !slices.Contains(r.lines, "Container demo-a-1 Error") {
			t.Errorf("lines\n%s", strings.Join(r.lines, "\n"))
		}
		g.f.OnRewire = nil
		g.crash() // the failed change is not on record
		g.wantWhere("a-1: front")
		g.must(g.up(want))
		g.wantWhere("a-1: front back10.0.0.9")
		g.wantStates("a-1=running")
	})
}

// A network whose definition changed: all leave it, it is made anew, all are back.
// The supervisor dies at each step of that, before or after the step itself; the next
// one, asked again, comes to the same end.
func TestNetworkIsMadeAnew(t *testing.T) {
	const want = "a-1: front, b-1: front back, old-1: front"
	for steps, died := 0, true; died; steps++ {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d-%t", steps, done), func(t *testing.T) {
				scene(t, func(t *testing.T, g *stage) {
					g.must(g.up(netted(svc("a", on("front")), svc("b", on("front", "back")), svc("old", on("front")))))
					p := netted(svc("a", on("front")), svc("b", on("front", "back")))
					p.Networks[1].Internal = true
					died = false
					n := 0
					g.f.OnRewire = func(_ *Container, attach func() error) error {
						if n++; n <= steps {
							return nil
						}
						if died = true; done {
							_ = attach()
						}
						s := g.s
						g.f.Mu.Unlock()
						_ = s.loop.Ask(func() { s.loop.Abandon() }) // nothing more is recorded
						g.f.Mu.Lock()
						return context.Canceled
					}
					r := g.up(p)
					g.f.OnRewire = nil
					if died {
						g.crash()
						r = g.up(p)
					}
					g.must(r)
					g.wantWhere(want)
					g.wantStates("a-1=running b-1=running old-1=running")
					if again := g.must(g.up(p)).lines; strings.Contains(strings.Join(again, "\n"), "onnect") {
						t.Errorf("again changes\n%s", strings.Join(again, "\n"))
					}
				})
			})
		}
	}
}

func TestNetworkEventsOfChanges(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(netted(svc("a", on("front")))))
		g.f.ClearCalls()
		p := netted(svc("a", on("front", "back")))
		p.Networks[1].Internal = true
		g.must(g.up(p))
		g.must(g.do(api.Request{Op: api.OpDown}))
		var words []string
		for _, e := range g.s.loop.News.Since(time.Unix(1, 0)) {
			if e.Type == "network" {
				words = append(words, e.Action+" "+strings.TrimPrefix(e.Name, "demo_"))
			}
		}
		if got := strings.Join(words, ", "); !strings.HasPrefix(got, "create front, connect front, disconnect front, destroy front, create") ||
			strings.Count(got, "connect back") != 2 || !strings.HasSuffix(got, "destroy back") && !strings.HasSuffix(got, "destroy front") {
			t.Errorf("got %s", got)
		}
	})
}

// Two networks of one container are made anew by one up, and it leaves a third: none
// of these steps brings it back to a network that is not there yet.
func TestUpMakesTwoNetworksAnew(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := netted(svc("a", on("back", "front", "third")))
		p.Networks = append(p.Networks, project.Network{Key: "third", Name: "demo_third"})
		g.must(g.up(p))
		p.Services = netted(svc("a", on("back", "front"))).Services
		p.Networks = slices.Clone(p.Networks)
		p.Networks[0].Internal, p.Networks[1].Internal = true, true
		gone := map[string]bool{}
		g.f.OnRewire = func(c *Container, attach func() error) error {
			for _, e := range c.Service.Endpoints {
				if e.Network == "back" || e.Network == "front" {
					gone[e.Network] = gone[e.Network] || !g.f.Bridges["demo_"+e.Network]
				}
			}
			return attach()
		}
		g.must(g.up(p))
		g.wantWhere("a-1: back front")
		if len(gone) != 2 || gone["back"] || gone["front"] {
			t.Errorf("attached to a network that is not there: %v", gone)
		}
		g.wantStates("a-1=running")
	})
}

// A supervisor was killed when it had removed a network to make it anew, and the
// next one changes another network first: the container is not attached to the one
// that is gone, until it is there.
func TestUpAfterACrashBetweenTwoNetworks(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := netted(svc("a", on("back", "front")))
		g.must(g.up(p))
		_ = g.s.loop.Ask(func() {
			g.s.loop.Networks = []string{"demo_front"}
			g.s.loop.Changed()
		})
		g.f.Mu.Lock()
		delete(g.f.Bridges, "demo_back")
		g.f.At["demo-a-1"] = slices.DeleteFunc(g.f.At["demo-a-1"], func(a Attachment) bool { return a.Network == "demo_back" })
		g.f.Mu.Unlock()
		g.crash()
		p.Networks = slices.Clone(p.Networks)
		p.Networks[0].Internal, p.Networks[1].Internal = true, true
		g.must(g.up(p))
		g.wantWhere("a-1: back front")
		g.wantStates("a-1=running")
	})
}
