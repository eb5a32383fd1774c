package supervisor

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
)

// runner is a client of run.
type runner struct {
	g       *stage
	mu      sync.Mutex // guards rep
	rep     reply
	started bool
	more    chan api.Request
	leave   context.CancelFunc
	ended   chan struct{}
}

func runRequest(p project.Project, service string, change func(*api.RunRequest)) *api.RunRequest {
	s, _ := p.Service(service)
	r := &api.RunRequest{Project: p, Service: *s, ID: strings.Repeat("a", 64), Slug: strings.Repeat("b", 64), Name: "demo-" + service + "-run-bbbbbbbbbbbb"}
	r.Service.Restart = project.RestartPolicy{Mode: project.RestartNo}
	if change != nil {
		change(r)
	}
	return r
}

// run begins a run and returns when nothing more happens at once.
func (g *stage) run(b *api.RunRequest) *runner {
	ctx, cancel := context.WithCancel(context.Background())
	r := &runner{g: g, more: make(chan api.Request, 1), leave: cancel, ended: make(chan struct{})}
	s := g.s
	go func() {
		defer close(r.ended)
		s.answer(ctx, &request{Request: api.Request{Op: api.OpRun, Run: b}, More: r.more, Send: func(v any, _ ...*os.File) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			a := v.(api.Answer)
			r.started = r.started || a.Started != nil
			r.rep.take(a)
			return nil
		}})
	}()
	settle()
	return r
}

// end reads the log, so to say, and waits for the last answer.
func (r *runner) end() reply {
	r.more <- api.Request{Op: api.OpRun}
	<-r.ended
	r.leave()
	return r.rep
}

func TestRunIsNoReplica(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("db"), svc("web", dep("db", project.ConditionStarted), restarts("always", 0)))
		g.f.Set("web", program{Life: time.Minute, Code: 3})
		r := g.run(runRequest(p, "web", nil))
		g.wantStates("db-1=running web-run-bbbbbbbbbbbb=running")
		if !r.started {
			t.Error("the client was not told of the start")
		}
		g.must(g.up(p))
		g.wantStates("db-1=running web-run-bbbbbbbbbbbb=running web-1=running")
		g.must(g.stopAll())
		g.wantStates("db-1=exited web-run-bbbbbbbbbbbb=running web-1=exited")
		sleep(2 * time.Minute)
		rep := r.end()
		if rep.exit == nil || rep.exit.Code != 3 || !rep.done || rep.err != nil {
			t.Errorf("%+v", rep)
		}
		if got := starts(g, "demo-web-run-bbbbbbbbbbbb"); got != 1 {
			t.Errorf("%d starts: a policy applied", got)
		}
		up := g.up(p)
		if !strings.Contains(strings.Join(up.lines, "\n"), "Warning") {
			t.Errorf("an ended one-off container is no orphan: %v", up.lines)
		}
		c := g.do(api.Request{Op: api.OpPS, PS: &api.PSRequest{Labels: true}}).ps
		i := slices.IndexFunc(c, func(c api.Container) bool { return c.OneOff })
		if i < 0 || c[i].Labels["com.docker.compose.oneoff"] != "True" || c[i].Labels["com.docker.compose.container-number"] != "-1" {
			t.Errorf("labels %v", c)
		}
		g.must(g.do(api.Request{Op: api.OpDown, Down: &api.DownRequest{}}))
	})
}

func TestRunGoesWithItsClient(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("web"))
		g.f.Set("web", program{Life: time.Minute})
		remove := func(b *api.RunRequest) { b.Remove = true }
		r := g.run(runRequest(p, "web", remove))
		sleep(2 * time.Minute)
		g.wantStates("web-run-bbbbbbbbbbbb=exited") // until the client has read the log
		if rep := r.end(); rep.exit == nil || rep.exit.Code != 0 {
			t.Errorf("%+v", rep)
		}
		g.wantStates("")
		r = g.run(runRequest(p, "web", remove))
		r.leave()
		settle()
		g.wantStates("web-run-bbbbbbbbbbbb=running") // alone
		sleep(2 * time.Minute)
		g.wantStates("")
	})
}

// A client that asks again, with the same id, gets the same container: it is
// made and started once, whenever its supervisor died.
func TestRunAgain(t *testing.T) {
	for name, at := range map[string]time.Duration{"before its end": 30 * time.Second, "after its end": 2 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				p := proj(svc("web"))
				g.f.Set("web", program{Life: time.Minute, Code: 4})
				b := runRequest(p, "web", func(b *api.RunRequest) { b.Remove = true })
				r := g.run(b)
				sleep(at)
				g.crash()
				<-r.ended
				if r.rep.done {
					t.Errorf("a request was answered by a dying supervisor: %+v", r.rep)
				}
				again := *b
				again.Resume = true
				r = g.run(&again)
				sleep(time.Minute)
				rep := r.end()
				if rep.exit == nil || rep.exit.Code != 4 || rep.err != nil {
					t.Errorf("%+v", rep)
				}
				if got := starts(g, b.Name); got != 1 {
					t.Errorf("started %d times", got)
				}
				g.wantStates("")
				if rep := g.run(&again).end(); rep.err == nil || !strings.Contains(rep.err.Message, "removed meanwhile") {
					t.Errorf("gone on with what is gone: %+v", rep)
				}
			})
		})
	}
}

// Nobody comes back for it: it goes all the same.
func TestRunOrphaned(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("web"))
		g.f.Set("web", program{Life: time.Minute})
		r := g.run(runRequest(p, "web", func(b *api.RunRequest) { b.Remove = true }))
		sleep(2 * time.Minute)
		g.crash()
		<-r.ended
		g.wantStates("web-run-bbbbbbbbbbbb=exited")
		sleep(lifecycle.ReturnLimit + time.Second)
		g.wantStates("")
	})
}

// A client that leaves before the container runs takes it back.
func TestRunCancelled(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("web"))
		g.f.Set("web", program{Slow: time.Minute})
		r := g.run(runRequest(p, "web", nil))
		r.leave()
		<-r.ended
		settle()
		g.wantStates("")
	})
}

func TestRunFails(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("web"))
		g.f.Set("web", program{StartErr: &StartError{Stage: "exec", Object: "nope", Code: 127}})
		r := g.run(runRequest(p, "web", nil))
		<-r.ended
		if r.rep.err == nil || r.rep.err.ExitCode != 127 {
			t.Errorf("%+v", r.rep.err)
		}
		g.wantStates("web-run-bbbbbbbbbbbb=created")
		r = g.run(runRequest(p, "web", func(b *api.RunRequest) { b.ID, b.Name, b.Remove = strings.Repeat("d", 64), "gone", true }))
		<-r.ended
		g.wantStates("web-run-bbbbbbbbbbbb=created") // with Remove nothing is left when the client hears of it
		r = g.run(runRequest(p, "web", func(b *api.RunRequest) { b.ID = strings.Repeat("c", 64) }))
		<-r.ended
		if r.rep.err == nil || !strings.Contains(r.rep.err.Message, "already in use") {
			t.Errorf("%+v", r.rep.err)
		}
	})
}

// A removal that comes while a run starts fails by itself, or with Idle not at all: the
// run goes on.
func TestRemoveWhileRunStarts(t *testing.T) {
	for _, idle := range []bool{false, true} {
		scene(t, func(t *testing.T, g *stage) {
			p := proj(svc("web"))
			g.f.Set("web", program{Slow: 10 * time.Second})
			r := g.run(runRequest(p, "web", func(b *api.RunRequest) { b.Detach = true }))
			rm := g.do(api.Request{Op: api.OpRemove, Remove: &api.RemoveRequest{Names: []string{"demo-web-run-bbbbbbbbbbbb"}, Idle: idle}})
			if refused := rm.err != nil && strings.Contains(rm.err.Message, "is starting"); refused == idle {
				t.Errorf("idle %v: %+v", idle, rm.err)
			}
			<-r.ended
			if r.rep.err != nil {
				t.Errorf("the run: %+v", r.rep.err)
			}
		})
	}
}

// TestRunWhoseCreationDied: the record of the container is all that a supervisor has left
// of it: the next one makes it when its client comes again.
func TestRunWhoseCreationDied(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("web"))
		g.f.Set("web", program{Life: time.Minute})
		b := runRequest(p, "web", nil)
		g.s.Close()
		g.saved = func([]func()) {
			if g.s.loop.Instances[b.Name] != nil {
				runtime.Goexit() // the loop does nothing any more, and no action that waited
			}
		}
		g.boot()
		g.saved = nil
		g.run(b)
		g.s.Close()
		g.boot()
		r := g.run(b)
		if !r.started {
			t.Fatalf("it was not started: %+v", r.rep.err)
		}
		sleep(2 * time.Minute)
		r.more <- api.Request{Op: api.OpRun}
		<-r.ended
		if r.rep.exit == nil || r.rep.err != nil {
			t.Errorf("exit %+v, %+v", r.rep.exit, r.rep.err)
		}
	})
}
