package supervisor

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// hooked gives a service hooks: "hook up 0", "hook up 1", "hook down 0" …
func withHooks(starts, stops int) func(*project.Service) {
	return func(s *project.Service) {
		for n := range starts {
			s.PostStart = append(s.PostStart, project.Hook{Command: []string{"hook", "up", string(rune('0' + n))}})
		}
		for n := range stops {
			s.PreStop = append(s.PreStop, project.Hook{Command: []string{"hook", "down", string(rune('0' + n))}})
		}
	}
}

// taking makes every hook take d and exit with a code, but for those named, which
// hang or fail.
func taking(d time.Duration, odd map[string]int) func([]string) (int, time.Duration) {
	return func(args []string) (int, time.Duration) {
		code, ok := odd[strings.Join(args[1:], " ")]
		if ok && code < 0 {
			return 0, time.Hour
		}
		return code, d
	}
}

// calls are what was done, without creations and the like.
func (g *stage) calls() string {
	var out []string
	for _, c := range g.f.Calls() {
		for _, kind := range []string{"start ", "signal ", "kill ", "exec ", "remove "} {
			if strings.HasPrefix(c, kind) {
				out = append(out, strings.ReplaceAll(strings.ReplaceAll(c, "demo-", ""), " hook", ""))
			}
		}
	}
	return strings.Join(slices.CompactFunc(out, func(a, b string) bool { return a == b && strings.HasPrefix(a, "kill ") }), ", ")
}

func (g *stage) wantCalls(want string) {
	g.t.Helper()
	if got := g.calls(); got != want {
		g.t.Errorf("calls\n got %s\nwant %s", got, want)
	}
}

// TestPostStartGates: hooks come one after the other, and nobody who depends on the
// service starts before they are done; health checks go on meanwhile.
func TestPostStartGates(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Hook: taking(2*time.Second, nil)})
		begin := time.Now()
		g.must(g.up(proj(svc("a", withHooks(2, 0)), svc("b", dep("a", project.ConditionStarted)))))
		if took := time.Since(begin); took != 4*time.Second {
			t.Errorf("up took %v", took)
		}
		g.wantCalls("start a-1, exec a-1 up 0, exec a-1 up 1, start b-1")
		g.f.ClearCalls()
		g.must(g.up(proj(svc("a", withHooks(2, 0)), svc("b", dep("a", project.ConditionStarted)))))
		g.wantCalls("")
	})
}

// TestPostStartFails: the up fails with what the hook said, the container is stopped
// without pre_stop, and the record says why without what the hook said. The next up
// tries again.
func TestPostStartFails(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Hook: taking(time.Second, map[string]int{"up 0": 3})})
		p := proj(svc("a", restarts("always", 0), withHooks(2, 1)), svc("b", dep("a", project.ConditionStarted)))
		r := g.up(p)
		if r.err == nil || !strings.Contains(r.err.Message, "a post_start[0] hook exited with status 3: the secret word") {
			t.Fatalf("up: %+v", r.err)
		}
		sleep(time.Second)
		g.wantCalls("start a-1, exec a-1 up 0, signal a-1/1 15")
		g.wantStates("a-1=exited b-1=created")
		ps := g.do(api.Request{Op: api.OpPS}).ps[0]
		if ps.ExitCode != 3 || ps.Reason != "start failed: a post_start[0] hook exited with status 3" {
			t.Errorf("ps: %+v", ps)
		}
		g.s.loop.Ask(func() { g.s.loop.Changed() })
		sleep(time.Second)
		if b, err := os.ReadFile(g.dirs.StateFile("demo")); err != nil || strings.Contains(string(b), "secret word") {
			t.Errorf("the record has what the hook said, or: %v", err)
		}
		sleep(time.Hour) // no policy brings it back
		g.f.Set("a", program{Hook: taking(time.Second, nil)})
		g.f.ClearCalls()
		g.must(g.up(p))
		g.wantCalls("start a-1, exec a-1 up 0, exec a-1 up 1, start b-1")
	})
}

// TestPostStartAfterRestart: a start by policy has its hooks too, and one that fails
// counts as one more failed run.
func TestPostStartAfterRestart(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Hook: taking(0, nil)})
		g.must(g.up(proj(svc("a", restarts("on-failure", 0), withHooks(1, 1)))))
		g.f.Set("a", program{Hook: taking(0, map[string]int{"up 0": 1})})
		g.f.ClearCalls()
		g.f.Crash("demo-a-1", 9)
		sleep(250 * time.Millisecond)
		g.f.Set("a", program{Hook: taking(0, nil)})
		sleep(time.Second)
		g.wantCalls("start a-1, exec a-1 up 0, signal a-1/2 15, start a-1, exec a-1 up 0")
		g.wantStates("a-1=running")
	})
}

// TestContainerEndsInItsHook: the up fails, the run ended as it did, and its policy applies.
func TestContainerEndsInItsHook(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Second, Code: 4, Hook: taking(time.Minute, nil)})
		r := g.up(proj(svc("a", withHooks(1, 1))))
		if r.err == nil || !strings.Contains(r.err.Message, "start container demo-a-1: it exited (4) before its post_start hooks were done") {
			t.Errorf("up: %+v", r.err)
		}
		sleep(time.Second)
		g.wantStates("a-1=exited")
		// No pre_stop: nobody stopped it. What was executed may have died before it is killed.
		if got := strings.TrimSuffix(g.calls(), ", kill a-1/exec-1"); got != "start a-1, exec a-1 up 0" {
			t.Errorf("calls %s", got)
		}
	})
}

// TestStopInPostStart: a stop beats the hooks of a start.
func TestStopInPostStart(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Hook: taking(time.Second, map[string]int{"up 0": -1})})
		done := make(chan reply, 1)
		go func() { done <- g.up(proj(svc("a", withHooks(2, 1)))) }()
		sleep(time.Second)
		g.must(g.stopAll())
		if r := <-done; r.err == nil || !strings.Contains(r.err.Message, "a later command stopped it") {
			t.Errorf("up: %+v", r.err)
		}
		g.wantStates("a-1=exited")
		got := strings.Split(g.calls(), ", ")
		slices.Sort(got) // the hook is killed while the next ones begin
		if want := "exec a-1 down 0, exec a-1 up 0, kill a-1/exec-1, signal a-1/1 15, start a-1"; strings.Join(got, ", ") != want {
			t.Errorf("calls %v", got)
		}
	})
}

// TestPreStop: before the signal of every stop by our hand; what fails or hangs holds
// nothing up.
func TestPreStop(t *testing.T) {
	down := func(g *stage) reply { return g.do(api.Request{Op: api.OpDown, Down: &api.DownRequest{}}) }
	within := func(n int) func(*stage) reply {
		return func(g *stage) reply {
			return g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: seconds(n)}})
		}
	}
	for _, c := range []struct {
		name string
		odd  map[string]int
		do   func(*stage) reply
		took time.Duration
		want string
	}{
		{"stop", nil, func(g *stage) reply { return g.stopAll() }, 4 * time.Second, "exec a-1 down 0, exec a-1 down 1, signal a-1/1 15"},
		{"down", nil, down, 4 * time.Second, "exec a-1 down 0, exec a-1 down 1, signal a-1/1 15, remove a-1"},
		{"restart", nil, func(g *stage) reply { return g.do(api.Request{Op: api.OpRestart, Stop: &api.StopRequest{}}) }, 4 * time.Second,
			"exec a-1 down 0, exec a-1 down 1, signal a-1/1 15, start a-1"},
		{"recreate", nil, func(g *stage) reply {
			return g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Recreate: "force", Project: proj(svc("a", withHooks(0, 2)))}})
		}, 4 * time.Second, "exec a-1 down 0, exec a-1 down 1, signal a-1/1 15, remove a-1, start a-1"},
		{"one fails", map[string]int{"down 0": 7}, down, 2 * time.Second, "exec a-1 down 0, signal a-1/1 15, remove a-1"},
		{"one hangs", map[string]int{"down 0": -1}, func(g *stage) reply { return g.stopAll() }, 10 * time.Second, "exec a-1 down 0, kill a-1/exec-1, signal a-1/1 15"},
		{"one hangs, less time", map[string]int{"down 1": -1}, within(3), 3 * time.Second, "exec a-1 down 0, exec a-1 down 1, kill a-1/exec-2, signal a-1/1 15"},
		{"no time", nil, within(0), 0, "kill a-1/1"},
		{"kill", nil, func(g *stage) reply { return g.do(api.Request{Op: api.OpKill, Kill: &api.KillRequest{}}) }, 0, "kill a-1/1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.f.Set("a", program{Hook: taking(2*time.Second, c.odd)})
				g.must(g.up(proj(svc("a", withHooks(0, 2)))))
				g.f.ClearCalls()
				begin := time.Now()
				r := g.must(c.do(g))
				if took := time.Since(begin); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				g.wantCalls(c.want)
				if warned := slices.Contains(r.lines, "Container demo-a-1 Warning"); warned != (c.odd != nil) {
					t.Errorf("lines %v", r.lines)
				}
			})
		})
	}
}

// TestStopsDuringPreStop: a second stop with less time, a kill, and an end by itself.
func TestStopsDuringPreStop(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*stage)
		took time.Duration
		want string
	}{
		{"less time", func(g *stage) {
			g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: seconds(2)}})
		}, 3 * time.Second, "exec a-1 down 0, kill a-1/exec-1, signal a-1/1 15"},
		{"no time", func(g *stage) {
			g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: seconds(0)}})
		}, time.Second, "exec a-1 down 0, kill a-1/exec-1, kill a-1/1"},
		{"it ends", func(g *stage) { g.f.Crash("demo-a-1", 5) }, time.Second, "exec a-1 down 0, kill a-1/exec-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.f.Set("a", program{Hook: taking(time.Second, map[string]int{"down 0": -1})})
				g.must(g.up(proj(svc("a", restarts("always", 0), withHooks(0, 1)))))
				g.f.ClearCalls()
				begin := time.Now()
				done := make(chan reply, 1)
				go func() { done <- g.stopAll() }()
				sleep(time.Second)
				c.do(g)
				g.must(<-done)
				if took := time.Since(begin); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				sleep(time.Hour)
				g.wantStates("a-1=exited")
				// Nothing that was executed for the first time may come again; the kill of
				// a hook that has died with its container does nothing.
				if got := g.calls(); got != c.want && got+", kill a-1/exec-1" != c.want {
					t.Errorf("calls\n got %s\nwant %s", got, c.want)
				}
			})
		})
	}
}

// TestNoPreStop: who dies, or was never up, gets none.
func TestNoPreStop(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", restarts("always", 0), withHooks(0, 1)))))
		g.f.Crash("demo-a-1", 1)
		sleep(time.Second)
		g.wantCalls("start a-1, start a-1")
	})
}

// TestPausedPreStop: a paused container goes on for its hooks.
func TestPausedPreStop(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", withHooks(1, 1)))))
		g.must(g.do(api.Request{Op: api.OpPause, Pause: &api.PauseRequest{}}))
		g.f.ClearCalls()
		g.must(g.stopAll())
		want := []string{"unpause demo-a-1/1", "exec demo-a-1 hook down 0", "signal demo-a-1/1 15", "stopped demo-a-1"}
		if got := g.f.Calls(); !slices.Equal(got, want) {
			t.Errorf("calls %v", got)
		}
	})
}

// TestHooksOfOneOff: nobody waits for them, and a failure is no end.
func TestHooksOfOneOff(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: 5 * time.Second, Hook: taking(time.Second, map[string]int{"up 0": 3})})
		s := svc("a", withHooks(1, 0))
		r := g.do(api.Request{Op: api.OpRun, Run: &api.RunRequest{Project: proj(s), Service: s, Name: "demo-a-run-1",
			ID: strings.Repeat("a", 64), Slug: strings.Repeat("b", 64), Detach: true}})
		g.must(r)
		sleep(10 * time.Second)
		ps := g.do(api.Request{Op: api.OpPS}).ps[0]
		if ps.State != "exited" || ps.ExitCode != 0 {
			t.Errorf("ps: %+v", ps)
		}
	})
}

// TestCrashInHooks: whoever takes over goes on with the hook that was cut off.
func TestCrashInHooks(t *testing.T) {
	up := func(g *stage) {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			g.doCtx(ctx, api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("a", restarts("always", 0), withHooks(3, 3)))}})
		}()
		g.t.Cleanup(cancel)
	}
	for _, c := range []struct {
		name   string
		begin  func(*stage)
		at     time.Duration
		want   string
		states string
	}{
		{"in the first of post_start", up, time.Second, "exec a-1 up 0, exec a-1 up 1, exec a-1 up 2", "running"},
		{"in the second of post_start", up, 3 * time.Second, "exec a-1 up 1, exec a-1 up 2", "running"},
		{"after post_start", up, 7 * time.Second, "", "running"},
		{"in the first of pre_stop", func(g *stage) { up(g); sleep(7 * time.Second); g.f.ClearCalls(); go g.stopAll() }, time.Second,
			"exec a-1 down 0, exec a-1 down 1, exec a-1 down 2, signal a-1/1 15", "exited"},
		{"in the last of pre_stop", func(g *stage) { up(g); sleep(7 * time.Second); g.f.ClearCalls(); go g.stopAll() }, 5 * time.Second,
			"exec a-1 down 2, signal a-1/1 15", "exited"},
		{"after the signal", func(g *stage) {
			up(g)
			sleep(7 * time.Second)
			g.f.Mu.Lock()
			g.f.Runs["demo-a-1"].Program.Stubborn = true
			g.f.Mu.Unlock()
			go g.stopAll()
		}, 7 * time.Second, "signal a-1/1 15, kill a-1/1", "exited"},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.f.Set("a", program{Hook: taking(2*time.Second, nil)})
				c.begin(g)
				sleep(c.at)
				g.f.ClearCalls()
				g.crash()
				sleep(time.Minute)
				// Our crash is a close, which ends what is executed.
				if got := g.calls(); got != c.want && !(strings.HasPrefix(got, "kill a-1/exec-") && strings.HasSuffix(got, ", "+c.want)) {
					t.Errorf("calls\n got %s\nwant %s", got, c.want)
				}
				g.wantStates("a-1=" + c.states)
			})
		})
	}
}

// TestCrashAfterFailedHook: the end that was begun is finished, and nothing starts again.
func TestCrashAfterFailedHook(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Stubborn: true, Hook: taking(time.Second, map[string]int{"up 0": 3})})
		go g.up(proj(svc("a", restarts("always", 0), withHooks(1, 1))))
		sleep(2 * time.Second)
		g.f.ClearCalls()
		g.crash()
		sleep(time.Hour)
		g.wantCalls("signal a-1/1 15, kill a-1/1")
		ps := g.do(api.Request{Op: api.OpPS}).ps[0]
		if ps.State != "exited" || ps.ExitCode != 3 || !strings.HasPrefix(ps.Reason, "start failed: a post_start[0] hook") {
			t.Errorf("ps: %+v", ps)
		}
	})
}
