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
	"github.com/mocker-compose/mocker-compose/supervisor/door"
)

func (g *stage) stopAll(services ...string) reply {
	return g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Services: services}})
}

func seconds(n int) *time.Duration { d := time.Duration(n) * time.Second; return &d }

func TestGracePeriods(t *testing.T) {
	cases := []struct {
		name    string
		prog    program
		grace   time.Duration
		timeout *time.Duration
		took    time.Duration
		code    int
		signals int // stop signals sent
	}{
		{"obeys", program{}, 0, nil, 0, 143, 1},
		{"takes its time", program{Dying: 3 * time.Second}, 0, nil, 3 * time.Second, 0, 1},
		{"stubborn", program{Stubborn: true}, 0, nil, 10 * time.Second, 137, 1},
		{"own grace", program{Stubborn: true}, 4 * time.Second, nil, 4 * time.Second, 137, 1},
		{"timeout wins", program{Stubborn: true}, 4 * time.Second, seconds(2), 2 * time.Second, 137, 1},
		{"timeout 0 kills", program{Dying: time.Second}, 0, seconds(0), 0, 137, 0},
		{"deaf is not waited for", program{Deaf: true}, 0, nil, 0, 137, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.f.Programs["a"] = c.prog
				s := svc("a", restarts("always", 0))
				s.StopGracePeriod = c.grace
				g.must(g.up(proj(s)))
				begin := time.Now()
				g.must(g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: c.timeout}}))
				if took := time.Since(begin); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				ps := g.do(api.Request{Op: api.OpPS}).ps[0]
				if ps.ExitCode != c.code || ps.State != "exited" || ps.Reason != "stopped" {
					t.Errorf("ps %+v, want exit code %d", ps, c.code)
				}
				n := 0
				for _, call := range g.f.Calls() {
					if strings.HasPrefix(call, "signal") {
						n++
					}
				}
				if n != c.signals {
					t.Errorf("%d stop signals, want %d", n, c.signals)
				}
			})
		})
	}
}

func TestStopGoesInReverseAndInParallel(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		slow := program{Dying: 2 * time.Second}
		for _, n := range []string{"db", "cache", "api", "web"} {
			g.f.Programs[n] = slow
		}
		g.must(g.up(proj(svc("api", dep("cache", project.ConditionStarted), dep("db", project.ConditionStarted)),
			svc("cache"), svc("db"), svc("web", dep("api", project.ConditionStarted)))))
		g.f.ClearCalls()
		begin := time.Now()
		g.must(g.stopAll())
		if took := time.Since(begin); took != 6*time.Second {
			t.Errorf("three levels of 2 s took %v", took)
		}
		var order []string
		for _, call := range g.f.Calls() {
			if name, ok := strings.CutPrefix(call, "signal demo-"); ok {
				order = append(order, strings.Split(name, "-")[0])
			}
		}
		if len(order) == 4 {
			slices.Sort(order[2:])
		}
		if got := strings.Join(order, " "); got != "web api cache db" {
			t.Errorf("stop signals went to %s", got)
		}
	})
}

func TestSecondStopShortensTheFirst(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Stubborn: true})
		g.must(g.up(proj(svc("a"))))
		begin := time.Now()
		first := make(chan reply)
		go func() { first <- g.stopAll() }()
		sleep(time.Second)
		g.must(g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: seconds(0)}}))
		g.must(<-first)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %v, want 1 s", took)
		}
	})
}

func TestALongerSecondStopDoesNotProlongTheFirst(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Stubborn: true})
		g.must(g.up(proj(svc("a"))))
		begin := time.Now()
		first := make(chan reply)
		go func() { first <- g.stopAll() }()
		sleep(time.Second)
		g.must(g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: seconds(60)}}))
		g.must(<-first)
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("took %v, want 10 s", took)
		}
	})
}

func TestStopBeatsAStartInFlight(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Slow: 5 * time.Second})
		up := make(chan reply)
		go func() { up <- g.up(proj(svc("a", restarts("always", 0)))) }()
		sleep(time.Second)
		begin := time.Now()
		g.must(g.stopAll())
		if took := time.Since(begin); took != 0 {
			t.Errorf("the stop took %v", took)
		}
		if r := <-up; r.err == nil {
			t.Error("the up succeeded though it was overtaken")
		}
		sleep(time.Hour)
		g.wantStates("a-1=created") // user code that never ran has not exited
		if ps := g.do(api.Request{Op: api.OpPS}).ps[0]; ps.ExitCode != 0 || !ps.Finished.IsZero() {
			t.Errorf("ps %+v", ps)
		}
		if live := g.f.Live(); len(live) > 0 {
			t.Errorf("%v run after the stop", live)
		}
	})
}

func TestUpOfAClientThatHasGoneStopsAtTheNextStep(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Slow: 2 * time.Second})
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(time.Second, func() { cancel(door.ErrClientGone) })
		r := g.doCtx(ctx, api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("a"), svc("b", dep("a", project.ConditionStarted)))}})
		if r.err == nil {
			t.Error("up went on without its client")
		}
		sleep(time.Minute)
		g.wantStates("a-1=running b-1=created")
	})
}

func TestKillIsNotKeptWaiting(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Stubborn: true})
		g.must(g.up(proj(svc("a", restarts("always", 0)))))
		first := make(chan reply)
		go func() { first <- g.stopAll() }()
		sleep(time.Second)
		begin := time.Now()
		g.must(g.do(api.Request{Op: api.OpKill}))
		g.must(<-first)
		if took := time.Since(begin); took != 0 {
			t.Errorf("kill took %v", took)
		}
		sleep(time.Hour)
		g.wantStates("a-1=exited")
	})
}

func TestAHarmlessSignalLeavesTheRestartPolicyAlone(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", restarts("always", 0)))))
		g.must(g.do(api.Request{Op: api.OpKill, Kill: &api.KillRequest{Signal: "HUP"}}))
		sleep(time.Second)
		g.wantStates("a-1=running") // SIGHUP ended it, the policy brought it back
		if r := g.do(api.Request{Op: api.OpKill, Kill: &api.KillRequest{Signal: "NOPE"}}); r.err == nil {
			t.Error("an unknown signal was accepted")
		}
	})
}

func TestAClientThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		read := make(chan struct{})
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			r := &request{Request: api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("a"), svc("b"))}}}
			r.Send = func(any, ...*os.File) error { <-read; return nil }
			g.s.answer(context.Background(), r)
		}()
		settle()
		g.wantStates("a-1=running b-1=running")
		g.must(g.stopAll())
		close(read)
		<-answered
	})
}
