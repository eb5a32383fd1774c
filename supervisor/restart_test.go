package supervisor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// TestRestartStorm is docker's curve as it happens: the starts of a container
// that fails at once for ten minutes.
func TestRestartStorm(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Nanosecond, Code: 1})
		begin := time.Now()
		g.must(g.up(proj(svc("a", restarts("always", 0)))))
		at := time.Duration(0)
		for n, wait := 1, 100*time.Millisecond; at < 10*time.Minute; n++ {
			sleep(time.Until(begin.Add(at + 10*time.Millisecond)))
			if got := starts(g, "demo-a-1"); got != n {
				t.Fatalf("%v: %d starts, want %d", time.Since(begin), got, n)
			}
			at += wait
			wait = min(2*wait, time.Minute)
		}
		if got := starts(g, "demo-a-1"); got > 19 {
			t.Errorf("%d starts in ten minutes", got)
		}
		ps := g.do(api.Request{Op: api.OpPS}).ps[0]
		if ps.State != "restarting" || ps.Restarts < 17 || ps.ExitCode != 1 {
			t.Errorf("ps %+v", ps)
		}
		begin = time.Now()
		g.must(g.stopAll())
		if took := time.Since(begin); took != 0 {
			t.Errorf("stop took %v", took)
		}
	})
}

func starts(g *stage, name string) int {
	n := 0
	for _, call := range g.f.Calls() {
		if call == "start "+name {
			n++
		}
	}
	return n
}

func TestOnFailureGivesUpAndSaysSo(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Second, Code: 5})
		events, stop := g.listen()
		g.must(g.up(proj(svc("a", restarts("on-failure", 2)))))
		sleep(time.Hour)
		if got := starts(g, "demo-a-1"); got != 3 {
			t.Errorf("%d starts, want 3", got)
		}
		var got []string
		for _, e := range stop(events) {
			if e.Action == "die" {
				got = append(got, fmt.Sprintf("%d %t", e.ExitCode, e.Final))
			}
		}
		if text := fmt.Sprint(got); text != "[5 false 5 false 5 true]" {
			t.Errorf("die events %s", text)
		}
	})
}

func TestAStartCommandResetsTheCount(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Second, Code: 5})
		g.must(g.up(proj(svc("a", restarts("on-failure", 1)))))
		sleep(time.Minute)
		g.must(g.do(api.Request{Op: api.OpStart}))
		sleep(time.Minute)
		if got := starts(g, "demo-a-1"); got != 4 {
			t.Errorf("%d starts, want 2 and 2", got)
		}
	})
}

func TestARestartThatCannotBeStartedIsTriedAgain(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", restarts("always", 0)))))
		g.f.Set("a", program{StartErr: &StartError{Stage: "publish", Object: "8080", Err: fmt.Errorf("in use"), Hint: "free it"}})
		g.f.Crash("demo-a-1", 1)
		sleep(time.Second) // tries at 0.1, 0.3 and 0.7 s
		if got := starts(g, "demo-a-1"); got != 4 {
			t.Errorf("%d starts, want 4", got)
		}
		g.f.Set("a", program{})
		sleep(time.Second)
		g.wantStates("a-1=running")
	})
}

func TestAStartThatFailsSaysWhy(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{StartErr: &StartError{Stage: "publish", Object: "8080", Err: fmt.Errorf("in use by pid 7 (nginx)"), Hint: "free it"}})
		r := g.up(proj(svc("a", restarts("always", 0))))
		if r.err == nil || r.err.Message != "start container demo-a-1: publish 8080: in use by pid 7 (nginx)" || r.err.Hint != "free it" {
			t.Errorf("error %+v", r.err)
		}
		sleep(time.Hour)
		if got := starts(g, "demo-a-1"); got != 1 {
			t.Errorf("%d starts: a command's start is not repeated by policy", got)
		}
		ps := g.do(api.Request{Op: api.OpPS}).ps[0]
		if ps.State != "created" || ps.ExitCode != 128 || !ps.Finished.IsZero() || ps.Reason != "start failed: publish 8080: in use by pid 7 (nginx)" {
			t.Errorf("ps %+v", ps)
		}
	})
}

// TestDeployRestartPolicy: the delay is that of the file each time, max_attempts bounds
// any, and a restart whose run ends within the window does not count.
func TestDeployRestartPolicy(t *testing.T) {
	delay := 3 * time.Second
	for _, c := range []struct {
		name   string
		policy project.RestartPolicy
		lives  []time.Duration // of the runs; the last goes on
		starts int
		after  time.Duration // from the up to the last end that is followed by nothing; 0: it runs
	}{
		{"any, two attempts", project.RestartPolicy{Mode: project.RestartAlways, MaxRetries: 2, Delay: &delay}, []time.Duration{time.Second}, 3, 9 * time.Second},
		{"two attempts in a window", project.RestartPolicy{Mode: project.RestartOnFailure, MaxRetries: 2, Delay: &delay, Window: 5 * time.Second},
			[]time.Duration{time.Second, time.Second, 6 * time.Second, time.Second, 7 * time.Second}, 5, 28 * time.Second},
		{"no delay", project.RestartPolicy{Mode: project.RestartAlways, MaxRetries: 3, Delay: new(time.Duration)}, []time.Duration{time.Second}, 4, 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				run := func(n int) { g.f.Set("a", program{Life: c.lives[min(n, len(c.lives)-1)], Code: 1}) }
				run(0)
				s := svc("a")
				s.Restart = c.policy
				begin := time.Now()
				g.must(g.up(proj(s)))
				var last time.Time
				for n := 1; n < 10; {
					run(n)
					sleep(100 * time.Millisecond)
					starts := strings.Count(g.calls(), "start a-1")
					if starts > n {
						n = starts
					}
					if g.states() == "a-1=exited" && last.IsZero() {
						last = time.Now()
					}
					if time.Since(begin) > time.Minute {
						break
					}
				}
				if got := strings.Count(g.calls(), "start a-1"); got != c.starts {
					t.Errorf("%d starts, want %d", got, c.starts)
				}
				if took := last.Sub(begin); took < c.after || took > c.after+200*time.Millisecond {
					t.Errorf("it ended after %v, want %v", took, c.after)
				}
			})
		})
	}
}

func TestStaleTimersAreVoid(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Life: time.Second, Code: 1})
		a := svc("a", restarts("always", 0))
		g.must(g.up(proj(a)))
		sleep(1050 * time.Millisecond) // in the back-off of 100 ms
		g.wantStates("a-1=restarting")
		g.must(g.stopAll())
		g.f.ClearCalls()
		sleep(time.Hour)
		if calls := g.f.Calls(); len(calls) > 0 {
			t.Errorf("after a stop in the back-off: %v", calls)
		}
		g.wantStates("a-1=exited")
	})
}
