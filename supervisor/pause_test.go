package supervisor

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

func (g *stage) pause(services ...string) reply {
	return g.do(api.Request{Op: api.OpPause, Pause: &api.PauseRequest{Services: services}})
}

func (g *stage) unpause(services ...string) reply {
	return g.do(api.Request{Op: api.OpUnpause, Pause: &api.PauseRequest{Services: services}})
}

func TestPause(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		probes := 0
		g.f.Set("a", program{Probe: func(time.Duration) (int, time.Duration) { probes++; return 0, 0 }})
		p := proj(svc("a", check(project.HealthCheck{Interval: time.Second})), svc("b"))
		g.must(g.up(p))
		sleep(90 * time.Second)
		g.wantStates("a-1=running:healthy b-1=running")
		rep := g.must(g.pause("a"))
		if want := []string{"Container demo-a-1 Paused"}; !slices.Equal(rep.lines, want) {
			t.Errorf("lines %q", rep.lines)
		}
		g.wantStates("a-1=paused b-1=running")
		before := probes
		sleep(time.Minute)
		if probes != before {
			t.Errorf("%d probes while paused", probes-before)
		}
		if rep := g.pause("a"); rep.err == nil || !strings.Contains(rep.err.Message, "already paused") {
			t.Errorf("%+v", rep.err)
		}
		if rep := g.up(p); rep.err == nil || !strings.Contains(rep.err.Message, "cannot start a paused container") {
			t.Errorf("%+v", rep.err)
		}
		if rep := g.do(api.Request{Op: api.OpExec, Exec: &api.ExecRequest{Service: "a", Args: []string{"x"}, TTY: true}}); rep.err == nil || !strings.Contains(rep.err.Message, "is paused") {
			t.Errorf("%+v", rep.err)
		}
		g.crash()
		settle()
		g.wantStates("a-1=paused b-1=running")
		if log := g.f.Calls(); log[len(log)-1] != "pause demo-a-1/1" {
			t.Errorf("another supervisor did not make it true: %v", log)
		}
		g.must(g.unpause("a"))
		sleep(90 * time.Second)
		g.wantStates("a-1=running:healthy b-1=running")
		if probes == before {
			t.Error("no probes after unpause")
		}
		if rep := g.unpause("a"); rep.err == nil || !strings.Contains(rep.err.Message, "is not paused") {
			t.Errorf("%+v", rep.err)
		}
	})
}

// A stop reaches a paused container before its grace period is over.
func TestStopOfPaused(t *testing.T) {
	stop := func(g *stage) reply { return g.stopAll() }
	for name, end := range map[string]func(*stage) reply{
		"stop":    stop,
		"restart": func(g *stage) reply { return g.do(api.Request{Op: api.OpRestart, Stop: &api.StopRequest{}}) },
		"down":    func(g *stage) reply { return g.do(api.Request{Op: api.OpDown, Down: &api.DownRequest{}}) },
		"kill TERM": func(g *stage) reply {
			return g.do(api.Request{Op: api.OpKill, Kill: &api.KillRequest{Signal: "TERM"}})
		},
		"stop after a crash": func(g *stage) reply { g.crash(); settle(); return stop(g) },
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.must(g.up(proj(svc("a"))))
				g.must(g.pause())
				begin := time.Now()
				g.must(end(g))
				settle()
				if took := time.Since(begin); took != 0 {
					t.Errorf("it took %v: the container did not see its signal", took)
				}
				if want := map[bool]string{true: "a-1=running", false: "a-1=exited"}[name == "restart"]; name != "down" {
					g.wantStates(want)
				}
			})
		})
	}
}

func TestPauseFails(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{PauseErr: errors.New("no such luck")})
		g.must(g.up(proj(svc("a"))))
		if rep := g.pause("a"); rep.err == nil || !strings.Contains(rep.err.Message, "no such luck") {
			t.Errorf("%+v", rep.err)
		}
		g.wantStates("a-1=running")
	})
}

// A dependency that crashes takes a paused dependent along.
func TestHoldOfPaused(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("db", restarts("always", 0)), svc("web", dep("db", project.ConditionStarted, withRestart)))
		g.must(g.up(p))
		g.must(g.pause("web"))
		g.f.Crash("demo-db-1", 1)
		sleep(time.Second)
		g.wantStates("db-1=running web-1=running")
		if got := starts(g, "demo-web-1"); got != 2 {
			t.Errorf("%d starts of the dependent", got)
		}
	})
}

func TestWaitTellsEachEnd(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Minute, Code: 3})
		g.f.Set("b", program{Life: 2 * time.Minute, Code: 4})
		g.must(g.up(proj(svc("a", restarts("always", 0)), svc("b"))))
		var ids []string
		for _, c := range g.do(api.Request{Op: api.OpPS}).ps {
			ids = append(ids, c.ID)
		}
		rep := g.must(g.do(api.Request{Op: api.OpWait, Wait: &api.WaitRequest{IDs: ids}}))
		if len(rep.waited) != 2 || rep.waited[0].Code != 3 || rep.waited[1].Code != 4 {
			t.Errorf("%+v", rep.waited)
		}
		// Of one that has ended, the end is told at once.
		rep = g.must(g.do(api.Request{Op: api.OpWait, Wait: &api.WaitRequest{IDs: ids[1:]}}))
		if len(rep.waited) != 1 || rep.waited[0].Code != 4 {
			t.Errorf("%+v", rep.waited)
		}
	})
}

func TestRemoveOfStopped(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Minute})
		g.must(g.up(proj(svc("a"), svc("b"))))
		sleep(2 * time.Minute)
		rep := g.do(api.Request{Op: api.OpRemove, Remove: &api.RemoveRequest{Names: []string{"demo-a-1", "demo-b-1"}}})
		if rep.err == nil || !strings.Contains(rep.err.Message, "demo-b-1 is running") {
			t.Errorf("%+v", rep.err)
		}
		g.wantStates("b-1=running")
	})
}
