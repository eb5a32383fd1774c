package supervisor

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// TestRollout: groups, delay, and what follows when the new ones fail.
func TestRollout(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name   string
		update project.Update
		next   program // of the new ones
		fails  string  // of the up; "" = it succeeds
		calls  string
		states string
		took   time.Duration
	}{
		{"one by one", project.Update{Parallelism: 1, Delay: 5 * second, Monitor: 2 * second}, program{}, "",
			"remove a-1, start a-1, remove a-2, start a-2, remove a-3, start a-3", "a-1=running a-2=running a-3=running", 16 * second},
		{"start first", project.Update{Parallelism: 2, StartFirst: true}, program{}, "",
			"start a-4, start a-5, remove a-1, remove a-2, start a-6, remove a-3", "a-4=running a-5=running a-6=running", 0},
		{"paused", project.Update{Parallelism: 1, Monitor: 2 * second}, program{Life: second, Code: 3}, "it is paused",
			"remove a-1, start a-1", "a-1=exited a-2=running a-3=running", second},
		{"it lives longer than it is watched", project.Update{Parallelism: 3, Monitor: second}, program{Life: 2 * second, Code: 3}, "",
			"", "a-1=running a-2=running a-3=running", second},
		{"goes on", project.Update{Parallelism: 1, Monitor: 2 * second, OnFailure: project.UpdateContinue}, program{Life: second, Code: 3}, "",
			"remove a-1, start a-1, remove a-2, start a-2, remove a-3, start a-3", "a-1=exited a-2=exited a-3=exited", 3 * second},
		{"few failures", project.Update{Parallelism: 1, Monitor: 2 * second, MaxFailureRatio: 0.5}, program{Life: second, Code: 3}, "it is paused",
			"remove a-1, start a-1, remove a-2, start a-2", "a-1=exited a-2=exited a-3=running", 2 * second},
		{"rolled back", project.Update{Parallelism: 2, Monitor: 2 * second, OnFailure: project.UpdateRollback}, program{Life: second, Code: 3}, "it was rolled back",
			"", "a-1=running a-2=running a-3=running", second},
		{"rolled back, start first", project.Update{Parallelism: 1, StartFirst: true, Monitor: 2 * second, OnFailure: project.UpdateRollback}, program{Life: second, Code: 3}, "it was rolled back",
			"start a-4, remove a-4", "a-1=running a-2=running a-3=running", second},
		{"a start fails", project.Update{Parallelism: 1, OnFailure: project.UpdateRollback}, program{StartErr: &StartError{Stage: "exec", Object: "x"}}, "roll back service \"a\": start container demo-a-1",
			"", "a-1=running a-2=exited a-3=running", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				s := svc("a")
				s.Scale, s.Update = 3, &c.update
				g.must(g.up(proj(s)))
				g.f.ClearCalls()
				g.f.Set("a", c.next)
				s.Environment = []string{"VERSION=2"}
				begin := time.Now()
				r := g.up(proj(s))
				took := time.Since(begin)
				switch {
				case c.fails == "":
					g.must(r)
				case r.err == nil || !strings.Contains(r.err.Message, c.fails):
					t.Fatalf("up: %+v", r.err)
				}
				if took != c.took {
					t.Errorf("took %v", took)
				}
				if got := g.swaps(); c.calls != "" && got != sortGroups(c.calls) {
					t.Errorf("calls %s", got)
				}
				if c.name == "a start fails" {
					return // what comes back cannot start either
				}
				g.wantStates(c.states)
			})
		})
	}
}

// TestRollback: what a failed update has replaced comes back in the groups and the order
// of rollback_config, and what follows when that fails too.
func TestRollback(t *testing.T) {
	second := time.Second
	crashes := &program{Life: second, Code: 3}
	three := project.Update{Parallelism: 3, Monitor: 2 * second, OnFailure: project.UpdateRollback}
	first := project.Update{Parallelism: 1, Monitor: 2 * second, StartFirst: true, MaxFailureRatio: 0.5, OnFailure: project.UpdateRollback}
	for _, c := range []struct {
		name     string
		update   project.Update
		rollback *project.Update
		back     *program // of the old ones that come back; nil: they run
		fails    string
		calls    string // after those of the update
		states   string
		took     time.Duration // all
	}{
		{"the default", three, nil, nil, "it was rolled back",
			"remove a-3, start a-3, remove a-2, start a-2, remove a-1, start a-1", "a-1=running a-2=running a-3=running", second},
		{"all at once", three, &project.Update{Monitor: 3 * second}, nil, "it was rolled back",
			"", "a-1=running a-2=running a-3=running", 4 * second},
		{"watched, with a delay", three, &project.Update{Parallelism: 2, Delay: 5 * second, Monitor: 3 * second}, nil, "it was rolled back",
			"remove a-1, start a-1", "a-1=running a-2=running a-3=running", 12 * second},
		{"start first", three, &project.Update{Parallelism: 1, StartFirst: true}, nil, "it was rolled back",
			"start a-4, remove a-3, start a-5, remove a-2, start a-6, remove a-1", "a-4=running a-5=running a-6=running", second},
		{"both start first", first, &project.Update{Parallelism: 1, StartFirst: true}, nil, "it was rolled back",
			"remove a-5, start a-1, remove a-4", "a-1=running a-2=running a-3=running", 2 * second},
		{"paused", three, &project.Update{Parallelism: 1, Monitor: 2 * second}, crashes, "it is paused",
			"remove a-3, start a-3", "a-1=exited a-2=exited a-3=exited", 2 * second},
		{"goes on", three, &project.Update{Parallelism: 1, Monitor: 2 * second, OnFailure: project.UpdateContinue}, crashes, "it was rolled back, with 3 failures",
			"remove a-3, start a-3, remove a-2, start a-2, remove a-1, start a-1", "a-1=exited a-2=exited a-3=exited", 4 * second},
		{"few failures", three, &project.Update{Parallelism: 1, Monitor: 2 * second, MaxFailureRatio: 0.5}, crashes, "it is paused",
			"remove a-3, start a-3, remove a-2, start a-2", "a-1=exited a-2=exited a-3=exited", 3 * second},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				s := svc("a")
				s.Scale, s.Update, s.Rollback = 3, &c.update, c.rollback
				g.must(g.up(proj(s)))
				g.f.ClearCalls()
				g.f.Mu.Lock()
				g.f.Pick = func(made *Container) *program {
					if len(made.Service.Environment) > 0 {
						return crashes
					}
					return c.back
				}
				g.f.Mu.Unlock()
				s.Environment = []string{"VERSION=2"}
				begin := time.Now()
				r := g.up(proj(s))
				if took := time.Since(begin); took != c.took {
					t.Errorf("took %v", took)
				}
				if r.err == nil || !strings.Contains(r.err.Message, `update of service "a"`) || !strings.Contains(r.err.Message, c.fails) {
					t.Fatalf("up: %+v", r.err)
				}
				if got := g.swaps(); !strings.HasSuffix(got, sortGroups(c.calls)) {
					t.Errorf("calls %s", got)
				}
				g.wantStates(c.states)
			})
		})
	}
}

// TestRollbackSurvivesTheSupervisor kills the supervisor after each write of the record in
// the life of an update that fails. The client asks again, as it does: in the end all is as
// it was, once, whatever had gone when the supervisor died.
func TestRollbackSurvivesTheSupervisor(t *testing.T) {
	for name, r := range map[string]*project.Update{"stop first": nil, "start first": {StartFirst: true, Parallelism: 2}} {
		t.Run(name, func(t *testing.T) {
			total := 0
			synctest.Test(t, func(t *testing.T) { total = rollUntil(t, -1, r) })
			if total < 10 {
				t.Fatalf("only %d saves seen", total)
			}
			for n := range total {
				synctest.Test(t, func(t *testing.T) { rollUntil(t, n, r) })
			}
		})
	}
}

// rollUntil lives that life; kill is the number of the fatal save.
func rollUntil(t *testing.T, kill int, r *project.Update) (saves int) {
	g := newStage(t)
	s := svc("a")
	s.Scale, s.Rollback = 3, r
	s.Update = &project.Update{Parallelism: 2, Monitor: 2 * time.Second, MaxFailureRatio: 0.7, OnFailure: project.UpdateRollback}
	g.must(g.up(proj(s)))
	g.s.Close()
	g.f.Pick = func(made *Container) *program {
		if len(made.Service.Environment) > 0 {
			return &program{Life: time.Second, Code: 3}
		}
		return nil
	}
	killed := make(chan struct{})
	g.saved = func(actions []func()) {
		if saves == kill {
			close(killed)
			for _, a := range actions {
				g.s.loop.Spawn(a)
			}
			runtime.Goexit() // the loop does nothing any more
		}
		saves++
	}
	g.boot()
	g.saved = nil
	s.Environment = []string{"VERSION=2"}
	rep := g.up(proj(s))
	select {
	case <-killed:
		g.s.Close()
		g.boot()
		rep = g.up(proj(s)) // the client asks again
	default:
	}
	if rep.err == nil || !strings.Contains(rep.err.Message, "it was rolled back") {
		t.Errorf("killed at save %d: up: %+v", kill, rep.err)
	}
	all, err := g.s.loop.Replicas(nil)
	if err != nil || len(all) != 3 {
		t.Errorf("killed at save %d: %d containers, %v", kill, len(all), err)
	}
	for _, c := range all {
		if c.State != Running || len(c.Service.Environment) > 0 {
			t.Errorf("killed at save %d: %s is %s, %v", kill, c.Name, c.State, c.Service.Environment)
		}
	}
	_ = g.s.loop.Ask(func() {
		if len(g.s.loop.Rollouts) > 0 {
			t.Errorf("killed at save %d: on record: %+v", kill, g.s.loop.Rollouts)
		}
	})
	g.noBugs()
	return saves
}

// swaps are the starts and removals so far.
func (g *stage) swaps() string {
	var calls []string
	for _, call := range strings.Split(g.calls(), ", ") {
		if strings.HasPrefix(call, "start") || strings.HasPrefix(call, "remove") {
			calls = append(calls, call)
		}
	}
	return sortGroups(strings.Join(calls, ", "))
}

// sortGroups orders the calls of one kind that come together: those of a group are made at
// the same time.
func sortGroups(calls string) string {
	list := strings.Split(calls, ", ")
	for i := range list {
		for j := i; j > 0 && list[j][:2] == list[j-1][:2] && list[j] < list[j-1]; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return strings.Join(list, ", ")
}
