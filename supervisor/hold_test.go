package supervisor

import (
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// chain is db <- api <- web, all restart: true, and other, which only starts
// after db.
func chain() project.Project {
	return proj(
		svc("api", dep("db", project.ConditionHealthy, withRestart)),
		svc("db", restarts("always", 0), check(project.HealthCheck{Interval: time.Second})),
		svc("other", dep("db", project.ConditionStarted)),
		svc("web", dep("api", project.ConditionStarted, withRestart)),
	)
}

// lives is the order of starts and ends in the calls of the fake.
func (g *stage) lives() string {
	var parts []string
	for _, call := range g.f.Calls() {
		verb, name, _ := strings.Cut(call, " ")
		if verb == "start" || verb == "stopped" {
			parts = append(parts, strings.Replace(verb, "stopped", "end", 1)+" "+strings.Split(name, "-")[1])
		}
	}
	return strings.Join(parts, ", ")
}

func TestACrashTakesOnlyDependentsThatAskForIt(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("db", program{Probe: ok(0)})
		g.f.Set("api", program{Dying: 20 * time.Millisecond})
		g.f.Set("web", program{Dying: 10 * time.Millisecond})
		g.must(g.up(chain()))
		g.f.ClearCalls()
		g.f.Crash("demo-db-1", 1)
		sleep(500 * time.Millisecond)
		g.wantStates("api-1=exited db-1=running:starting other-1=running web-1=exited")
		sleep(time.Second)
		if got, want := g.lives(), "end db, end web, end api, start db, start api, start web"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		g.wantStates("api-1=running db-1=running:healthy other-1=running web-1=running")
	})
}

func TestARestartCommandTakesDependentsAlong(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("db", program{Probe: ok(0)})
		g.must(g.up(chain()))
		g.f.ClearCalls()
		g.must(g.do(api.Request{Op: api.OpRestart, Stop: &api.StopRequest{Services: []string{"db"}}}))
		if got, want := g.lives(), "end web, end api, end db, start db, start api, start web"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		g.f.ClearCalls()
		g.must(g.do(api.Request{Op: api.OpRestart, Stop: &api.StopRequest{Services: []string{"db"}, NoDeps: true}}))
		if got, want := g.lives(), "end db, start db"; got != want {
			t.Errorf("without dependents: got  %s\nwant %s", got, want)
		}
	})
}

func TestARecreatedServiceTakesDependentsAlong(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("db", program{Probe: ok(0)})
		p := chain()
		g.must(g.up(p))
		g.f.ClearCalls()
		p.Services[1].Command = []string{"changed"}
		g.must(g.up(p))
		if got, want := g.lives(), "end web, end api, end db, start db, start api, start web"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestHeldDependentsCanBeStopped(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("db", program{Probe: ok(0)})
		g.must(g.up(chain()))
		g.f.Crash("demo-db-1", 1)
		sleep(500 * time.Millisecond)
		g.must(g.stopAll("api", "web"))
		sleep(time.Minute)
		g.wantStates("api-1=exited db-1=running:healthy other-1=running web-1=exited")
	})
}

func TestHeldDependentsAreGivenUpWithTheirDependency(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("db", restarts("on-failure", 1)), svc("web", dep("db", project.ConditionStarted, withRestart)))
		g.must(g.up(p))
		events, stop := g.listen()
		g.f.Set("db", program{StartErr: &StartError{Stage: "exec", Object: "db"}})
		g.f.Crash("demo-db-1", 1)
		sleep(time.Minute)
		g.wantStates("db-1=exited web-1=exited")
		last := map[string]api.Event{}
		for _, e := range stop(events) {
			last[e.Service] = e
		}
		if !last["web"].Final || !strings.Contains(last["web"].Reason, "dependency: container demo-db-1 could not be started: exec db") {
			t.Errorf("last event of web: %+v", last["web"])
		}
	})
}
