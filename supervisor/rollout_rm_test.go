package supervisor

import (
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// TestRemovedRolloutIsOver: whoever removes the containers of an update in which the
// supervisor died does not get them back as they were before it. One-off containers are no
// part of an update.
func TestRemovedRolloutIsOver(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("a"))
		g.f.Set("a", program{Life: time.Minute})
		g.must(g.up(p))
		once := runRequest(p, "a", func(b *api.RunRequest) { b.Detach = true })
		g.run(once)
		was := g.s.loop.Replica("demo-a-1")
		if was == nil {
			t.Fatalf("there are %s", g.states())
		}
		s, _ := p.Service("a")
		left := map[string]record.Rollout{"a": {Hash: p.Hash(s), Back: "it failed", Was: []record.Replica{*was}, Made: []string{was.Name}}}
		if err := g.s.loop.Commit(func() { g.s.loop.Rollouts = left }); err != nil {
			t.Fatal(err)
		}
		g.crash()
		sleep(2 * time.Minute)
		for _, c := range []struct {
			name string
			left int
		}{{once.Name, 1}, {"demo-a-1", 0}} {
			g.must(g.do(api.Request{Op: api.OpRemove, Remove: &api.RemoveRequest{Names: []string{c.name}}}))
			_ = g.s.loop.Ask(func() {
				if len(g.s.loop.Rollouts) != c.left {
					t.Errorf("%s is removed: %d rollouts on record, want %d", c.name, len(g.s.loop.Rollouts), c.left)
				}
			})
		}
		g.must(g.up(p))
		g.wantStates("a-1=running")
	})
}
