package supervisor

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// used is what stats gets, by container.
func (g *stage) used() map[string]api.Usage {
	g.t.Helper()
	out := map[string]api.Usage{}
	g.s.answer(context.Background(), &request{Request: api.Request{Op: api.OpStats}, Send: func(v any, _ ...*os.File) error {
		a := v.(api.Answer)
		if a.Error != nil {
			g.t.Error(a.Error)
		}
		for _, u := range a.Usage {
			out[u.Name] = u
		}
		return nil
	}})
	return out
}

// What runs has counters of its run, what does not has none; both are told, by
// supervisors that took over, too.
func TestStatsTellAllContainers(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a"), svc("b"))))
		first := g.used()["demo-a-1"]
		g.must(g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Services: []string{"b"}}}))
		g.crash()
		sleep(time.Minute) // it adopts
		got := g.used()
		if b := got["demo-b-1"]; b.State != "exited" || b.Run != "" || b.CPU != nil || b.Service != "b" || b.Number != 1 || len(b.ID) != 64 {
			t.Errorf("one that was stopped: %+v", b)
		}
		if a := got["demo-a-1"]; a.State != "running" || a.CPU == nil || a.Run == "" || a.Run != first.Run || a.ID != first.ID {
			t.Errorf("one that runs: %+v, before the crash %+v", a, first)
		}
		g.must(g.do(api.Request{Op: api.OpRestart, Stop: &api.StopRequest{Services: []string{"a"}}}))
		if a := g.used()["demo-a-1"]; a.Run == first.Run {
			t.Errorf("the run after a restart has the name of the one before: %+v", a)
		}
	})
}
