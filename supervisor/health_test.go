package supervisor

import (
	"fmt"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// TestProbeTimes checks when probes begin: each a full interval after the end
// of the last, in the start period the start interval.
func TestProbeTimes(t *testing.T) {
	cases := []struct {
		name  string
		check project.HealthCheck
		probe func(time.Duration) (int, time.Duration)
		want  string // ages of the first probes
	}{
		{"interval", project.HealthCheck{Interval: 2 * time.Second}, ok(0), "[2s 4s 6s 8s]"},
		{"a slow probe", project.HealthCheck{Interval: 2 * time.Second, Timeout: time.Minute}, ok(time.Second), "[2s 5s 8s 11s]"},
		{"start interval until healthy", project.HealthCheck{Interval: 30 * time.Second, StartPeriod: 20 * time.Second, StartInterval: 2 * time.Second},
			func(age time.Duration) (int, time.Duration) {
				if age < 4*time.Second {
					return 1, 0
				}
				return 0, 0
			}, "[2s 4s 34s 1m4s]"},
		{"start period over", project.HealthCheck{Interval: 30 * time.Second, StartPeriod: 5 * time.Second, StartInterval: 2 * time.Second},
			func(time.Duration) (int, time.Duration) { return 1, 0 }, "[2s 4s 6s 36s]"},
		{"defaults", project.HealthCheck{}, ok(0), "[30s 1m0s 1m30s 2m0s]"},
		{"timeout", project.HealthCheck{Interval: time.Second, Timeout: 3 * time.Second, Retries: 1}, ok(time.Hour), "[1s 5s 9s 13s]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				var ages []time.Duration
				g.f.Set("a", program{Probe: func(age time.Duration) (int, time.Duration) {
					ages = append(ages, age)
					return c.probe(age)
				}})
				g.must(g.up(proj(svc("a", check(c.check)))))
				sleep(3 * time.Minute)
				g.must(g.stopAll())
				if len(ages) < 4 || fmt.Sprint(ages[:4]) != c.want {
					t.Errorf("probes at %v, want %s", ages, c.want)
				}
			})
		})
	}
}

func ok(took time.Duration) func(time.Duration) (int, time.Duration) {
	return func(time.Duration) (int, time.Duration) { return 0, took }
}

func TestATimeoutIsSaidAndTheProbeKilled(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Probe: ok(time.Hour)})
		r := g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Wait: true,
			Project: proj(svc("a", check(project.HealthCheck{Interval: time.Second, Timeout: 2 * time.Second, Retries: 1})))}})
		want := "container demo-a-1 is unhealthy\nlast probe (exit -1): Health check exceeded timeout (2s)"
		if r.err == nil || r.err.Message != want {
			t.Errorf("error %+v, want %q", r.err, want)
		}
		if live := g.f.Live(); len(live) != 1 {
			t.Errorf("%v live: the probe was not killed", live)
		}
	})
}

func TestHealthEndsWithTheRunAndBeginsWithTheNext(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Probe: ok(0)})
		events, stop := g.listen()
		g.must(g.up(proj(svc("a", restarts("always", 0), check(project.HealthCheck{Interval: time.Second})))))
		sleep(1500 * time.Millisecond)
		g.wantStates("a-1=running:healthy")
		g.f.Crash("demo-a-1", 1)
		sleep(200 * time.Millisecond)
		g.wantStates("a-1=running:starting")
		sleep(time.Second)
		g.wantStates("a-1=running:healthy")
		g.must(g.stopAll())
		n := 0
		for _, e := range stop(events) {
			if e.Action == "health_status: healthy" {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d health events, want 2", n)
		}
	})
}
