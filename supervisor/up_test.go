package supervisor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

func TestUpPrintsWhatDockerComposePrints(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("db"), svc("web", dep("db", project.ConditionStarted)))
		up := g.must(g.up(p)).lines
		inOrder(t, up, "Network demo_default Creating", "Network demo_default Created",
			"Container demo-db-1 Creating", "Container demo-db-1 Created", "Container demo-db-1 Starting", "Container demo-db-1 Started",
			"Container demo-web-1 Starting", "Container demo-web-1 Started")
		inOrder(t, up, "Container demo-web-1 Creating", "Container demo-web-1 Created", "Container demo-web-1 Starting")
		again := strings.Join(g.must(g.up(p)).lines, "\n")
		if want := "Container demo-db-1 Running\nContainer demo-web-1 Running"; again != want {
			t.Errorf("second up says\n%s\nwant\n%s", again, want)
		}
		g.wantStates("db-1=running web-1=running")
		down := g.must(g.do(api.Request{Op: api.OpDown})).lines
		inOrder(t, down, "Container demo-web-1 Stopping", "Container demo-web-1 Stopped", "Container demo-web-1 Removing", "Container demo-web-1 Removed")
		inOrder(t, down, "Container demo-web-1 Stopped", "Container demo-db-1 Stopping", "Container demo-db-1 Stopped", "Container demo-db-1 Removing", "Container demo-db-1 Removed")
		inOrder(t, down, "Container demo-web-1 Removed", "Network demo_default Removing", "Network demo_default Removed")
	})
}

// inOrder checks that the lines want stand in lines, in that order.
func inOrder(t *testing.T, lines []string, want ...string) {
	t.Helper()
	last := -1
	for _, line := range want {
		at := slices.Index(lines, line)
		if at <= last {
			t.Errorf("%q is missing, or too early, in\n%s", line, strings.Join(lines, "\n"))
		}
		last = at
	}
}

func TestUpReplacesOnlyWhatChanged(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		a, b := svc("a"), svc("b")
		g.must(g.up(proj(a, b)))
		b.Command = []string{"new"}
		got := strings.Join(g.must(g.up(proj(a, b))).lines, "\n")
		for _, want := range []string{"Container demo-b-1 Recreate", "Container demo-b-1 Recreated", "Container demo-a-1 Running"} {
			if !strings.Contains(got, want) {
				t.Errorf("progress\n%s\nlacks %s", got, want)
			}
		}
		if strings.Contains(got, "demo-a-1 Recreate") {
			t.Errorf("a was recreated:\n%s", got)
		}
	})
}

func TestUpScalesDownHighestFirstAndRemovesOrphansOnDemand(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		a := svc("a")
		a.Scale = 3
		g.must(g.up(proj(a, svc("old"))))
		a.Scale = 1
		r := g.must(g.up(proj(a)))
		g.wantStates("a-1=running old-1=running")
		if got := strings.Join(r.lines, "\n"); !strings.Contains(got, "Project demo Warning") {
			t.Errorf("no warning about the orphan:\n%s", got)
		}
		g.must(g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(a), RemoveOrphans: true}}))
		g.wantStates("a-1=running")
	})
}

func TestDependentsStartInTheInstantOfTheCondition(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("db", program{Probe: func(age time.Duration) (int, time.Duration) {
			if age > 3*time.Second {
				return 0, 10 * time.Millisecond
			}
			return 1, 10 * time.Millisecond
		}})
		g.f.Set("job", program{Life: 2 * time.Second})
		begin := time.Now()
		g.must(g.up(proj(
			svc("db", check(project.HealthCheck{Interval: time.Minute, StartPeriod: 10 * time.Second, StartInterval: time.Second})),
			svc("job"),
			svc("web", dep("db", project.ConditionHealthy), dep("job", project.ConditionCompleted)),
		)))
		// Probes begin 1 s after the start, then 1 s after the end of the last:
		// 1.00, 2.01, 3.02 - the third succeeds and takes 10 ms.
		if took, want := time.Since(begin), 3030*time.Millisecond; took != want {
			t.Errorf("up took %v, want %v", took, want)
		}
		g.wantStates("db-1=running:healthy job-1=exited web-1=running")
	})
}

func TestFailedConditionsNameTheirCause(t *testing.T) {
	cases := []struct {
		name      string
		condition project.Condition
		prog      program
		want      string
	}{
		{"unhealthy", project.ConditionHealthy, program{Probe: func(time.Duration) (int, time.Duration) { return 3, 0 }},
			"dependency failed to start: container demo-dep-1 is unhealthy\nlast probe (exit 3): probe of demo-dep-1 says 3"},
		{"exited", project.ConditionHealthy, program{Life: 100 * time.Millisecond, Code: 4},
			"dependency failed to start: container demo-dep-1 exited (4)"},
		{"incomplete", project.ConditionCompleted, program{Life: time.Second, Code: 3},
			`service "dep" didn't complete successfully: exit 3`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.f.Set("dep", c.prog)
				d := svc("dep", check(project.HealthCheck{Interval: time.Second, Retries: 2}))
				r := g.up(proj(d, svc("web", dep("dep", c.condition))))
				if r.err == nil || r.err.Message != c.want || r.err.ExitCode != 1 {
					t.Errorf("error %+v, want %q and exit code 1", r.err, c.want)
				}
				if live := g.f.Live(); len(live) > 0 && live[len(live)-1] == "demo-web-1" {
					t.Error("web was started")
				}
				// The same without required: said, and passed over.
				r = g.up(proj(d, svc("web", dep("dep", c.condition, optional))))
				g.must(r)
			})
		})
	}
}

func TestUpWait(t *testing.T) {
	job := func(code int) func(*stage) {
		return func(g *stage) { g.f.Set("a", program{Life: time.Second, Code: code}) }
	}
	cases := []struct {
		name  string
		set   func(*stage)
		limit time.Duration
		want  string // of the error
	}{
		{"runs", func(*stage) {}, 0, ""},
		{"unhealthy", func(g *stage) {
			g.f.Set("a", program{Probe: func(time.Duration) (int, time.Duration) { return 1, 0 }})
		}, 0, "is unhealthy"},
		{"job done", job(0), 0, ""},
		{"job failed", job(2), 0, "exit 2"},
		{"too late", func(g *stage) {
			g.f.Set("a", program{Probe: func(time.Duration) (int, time.Duration) { return 1, 0 }})
		}, 1500 * time.Millisecond, "application not healthy after 1.5s"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				c.set(g)
				s := svc("a")
				if c.name != "runs" {
					s = svc("a", check(project.HealthCheck{Interval: time.Second, Retries: 3}))
				}
				r := g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(s), Wait: true, WaitTimeout: c.limit}})
				if c.want == "" && r.err != nil {
					t.Errorf("error %v", r.err.Message)
				}
				if c.want != "" && (r.err == nil || !strings.Contains(r.err.Message, c.want)) {
					t.Errorf("error %+v, want %q", r.err, c.want)
				}
			})
		})
	}
}

// A container that is in its back-off, or just starting again, counts as down
// for an up; it must be replaced all the same, not waited for.
func TestUpReplacesWhatIsAboutToRun(t *testing.T) {
	for name, after := range map[string]time.Duration{"in the back-off": 50 * time.Millisecond, "starting": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				p := proj(svc("a", restarts("always", 0)))
				g.must(g.up(p))
				g.f.Set("a", program{Slow: time.Second})
				g.f.Crash("demo-a-1", 1)
				sleep(after)
				g.wantStates("a-1=restarting")
				before := g.do(api.Request{Op: api.OpPS}).ps[0].ID
				g.must(g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: p, Recreate: api.RecreateForce}}))
				g.wantStates("a-1=running")
				if after := g.do(api.Request{Op: api.OpPS}).ps[0].ID; after == before {
					t.Error("it is still the old container")
				}
			})
		})
	}
}

// A container is not made in the place of another: the record would forget this one.
func TestCreateTakesNoName(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a"))))
		err := g.s.loop.Create(t.Context(), Container{Project: "demo", Name: "demo-a-1", ID: "other", Service: svc("b")})
		if err == nil || !strings.Contains(err.Error(), "there is one of this name") {
			t.Errorf("got %v", err)
		}
		g.wantStates("a-1=running")
	})
}
