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

// memory limits a service's memory, in MiB.
func memory(mib int64) func(*project.Service) {
	return func(s *project.Service) { s.Resources.Memory = mib << 20 }
}

// wantLimit says what holds for a container, and what is on record.
func (g *stage) wantLimit(name string, mib int64) {
	g.t.Helper()
	g.f.Mu.Lock()
	holds := g.f.Limits[name].Memory >> 20
	g.f.Mu.Unlock()
	var record int64
	changing := false
	_ = g.s.loop.Ask(func() {
		record, changing = g.s.loop.Instances[name].Rec.Service.Resources.Memory>>20, g.s.loop.Instances[name].Rec.Limited != nil
	})
	if holds != mib || record != mib || changing {
		g.t.Errorf("%s: %d MiB hold and %d are on record, want %d; changing: %t", name, holds, record, mib, changing)
	}
}

func TestUpChangesLimitsInPlace(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", memory(100)), svc("b"))))
		g.f.ClearCalls()
		out, end := g.listen()
		lines := g.must(g.up(proj(svc("a", memory(200)), svc("b")))).lines
		if got := strings.Join(lines, "\n"); got != "Container demo-b-1 Running\nContainer demo-a-1 Updating\nContainer demo-a-1 Updated" {
			t.Errorf("lines\n%s", got)
		}
		if calls := g.f.Calls(); !slices.Equal(calls, []string{"limit demo-a-1"}) {
			t.Errorf("calls %q", calls)
		}
		g.wantLimit("demo-a-1", 200)
		events := slices.DeleteFunc(end(out), func(e api.Event) bool { return e.Action == "exists" })
		if len(events) != 1 || events[0].Action != "update" || events[0].Name != "demo-a-1" {
			t.Errorf("events %+v", events)
		}
		g.f.ClearCalls()
		if again := g.must(g.up(proj(svc("a", memory(200)), svc("b")))).lines; strings.Contains(strings.Join(again, "\n"), "Updat") || len(g.f.Calls()) > 0 {
			t.Errorf("again: %q, calls %q", again, g.f.Calls())
		}
		g.crash()
		g.wantLimit("demo-a-1", 200)
		g.wantStates("a-1=running b-1=running")
	})
}

// The same limit by another key: nothing is done, and messages have the new name.
func TestLimitsInOtherWords(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		by := func(key string) func(*project.Service) {
			return func(s *project.Service) { s.Resources.Keys = []string{key} }
		}
		g.must(g.up(proj(svc("a", memory(100), by("mem_limit")))))
		g.f.ClearCalls()
		g.must(g.up(proj(svc("a", memory(100), by("deploy.resources.limits.memory")))))
		var keys []string
		_ = g.s.loop.Ask(func() { keys = g.s.loop.Instances["demo-a-1"].Rec.Service.Resources.Keys })
		if calls := g.f.Calls(); len(calls) > 0 || !slices.Equal(keys, []string{"deploy.resources.limits.memory"}) {
			t.Errorf("calls %q, keys %q", calls, keys)
		}
	})
}

// A stopped container is recorded only, and started with it later.
func TestLimitsOfStoppedContainers(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", memory(100)))))
		g.must(g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{}}))
		g.must(g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("a", memory(200))), NoStart: true}}))
		g.f.Mu.Lock()
		g.f.Limits = nil
		g.f.Mu.Unlock()
		g.must(g.do(api.Request{Op: api.OpStart, Start: &api.StartRequest{}}))
		g.wantLimit("demo-a-1", 200)
	})
}

// What cannot be lowered is refused with figures and remedy; nothing has changed, not
// in the record either.
func TestLimitThatCannotBeLowered(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", memory(100)))))
		g.f.OnLimit = func(*Container) error { return &LimitError{Limit: "mem_limit", Want: 50 << 20, Used: 80 << 20} }
		r := g.up(proj(svc("a", memory(50))))
		const want = "limit container demo-a-1: mem_limit cannot become 50 MiB: 80 MiB are in use, and more could not be reclaimed"
		if r.err == nil || r.err.Message != want || !strings.Contains(r.err.Hint, "mocker-compose up --force-recreate a") {
			t.Errorf("error %+v", r.err)
		}
		if !slices.Contains(r.lines, "Container demo-a-1 Error") {
			t.Errorf("lines %q", r.lines)
		}
		g.wantLimit("demo-a-1", 100)
		g.f.OnLimit = nil
		g.crash()
		g.wantLimit("demo-a-1", 100)
		g.must(g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("a", memory(50))), Recreate: api.RecreateForce}}))
		g.wantLimit("demo-a-1", 50)
	})
}

// The supervisor dies between the record and the change, or after the change: the next
// one finishes it. If that is not possible any more, the old limit is on record again.
func TestLimitsAreFinishedAtAdoption(t *testing.T) {
	for name, tt := range map[string]struct {
		done   bool  // the change was made before the death
		second error // of the attempt at adoption
		want   int64
	}{
		"before": {want: 200},
		"after":  {done: true, want: 200},
		"refused": {second: &LimitError{Limit: "mem_limit", Want: 200 << 20, Used: 300 << 20},
			want: 100},
		"half": {done: true, second: &LimitError{Limit: "mem_limit", Want: 200 << 20, Used: 300 << 20},
			want: 100},
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.must(g.up(proj(svc("a", memory(100)))))
				g.f.OnLimit = func(c *Container) error {
					if tt.done {
						g.f.Hold(c)
					}
					s := g.s
					g.f.Mu.Unlock()
					_ = s.loop.Ask(func() { s.loop.Abandon() }) // nothing more is recorded
					g.f.Mu.Lock()
					return errors.New("killed")
				}
				g.up(proj(svc("a", memory(200))))
				g.f.OnLimit = func(c *Container) error {
					if c.Service.Resources.Memory == 100<<20 {
						return nil
					}
					return tt.second
				}
				g.crash()
				sleep(time.Second)
				g.f.Mu.Lock()
				g.f.OnLimit = nil
				g.f.Mu.Unlock()
				g.wantLimit("demo-a-1", tt.want)
				g.wantStates("a-1=running")
				g.must(g.up(proj(svc("a", memory(200)))))
				g.wantLimit("demo-a-1", 200)
			})
		})
	}
}

// More memory ends a loop of restarts at once: the back-off is not waited for.
func TestMoreMemoryEndsALoopOfRestarts(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Second, Code: 137})
		g.must(g.up(proj(svc("a", memory(100), restarts(project.RestartAlways, 0)))))
		sleep(5 * time.Minute) // the back-off is a minute by now
		g.f.Set("a", program{})
		g.must(g.up(proj(svc("a", memory(200), restarts(project.RestartAlways, 0)))))
		g.wantLimit("demo-a-1", 200)
		g.wantStates("a-1=running")
	})
}

// A start that is under way has the old limits or the new ones, but in the end the new.
func TestLimitsDuringAStart(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Second, Slow: 2 * time.Second})
		g.must(g.up(proj(svc("a", memory(100), restarts(project.RestartAlways, 0)))))
		g.f.Set("a", program{Slow: 2 * time.Second})
		sleep(2500 * time.Millisecond)
		g.wantStates("a-1=restarting")
		g.must(g.up(proj(svc("a", memory(200), restarts(project.RestartAlways, 0)))))
		g.wantStates("a-1=running")
		g.wantLimit("demo-a-1", 200)
	})
}

// What run made keeps its limits, until it is made anew; what it needs is changed.
func TestRunChangesLimitsOfWhatItNeeds(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("db", memory(100)))))
		p := proj(svc("db", memory(200)), svc("job", memory(64), dep("db", project.ConditionStarted)))
		g.f.Set("job", program{Life: time.Second})
		one := p.Services[1]
		g.must(g.do(api.Request{Op: api.OpRun, Run: &api.RunRequest{Project: p, Service: one, Name: "demo-job-run-1",
			ID: strings.Repeat("1", 64), Slug: strings.Repeat("2", 64), Detach: true}}))
		g.wantLimit("demo-db-1", 200)
		g.wantLimit("demo-job-run-1", 64)
	})
}
