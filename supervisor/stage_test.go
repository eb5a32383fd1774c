package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/capture"
	"github.com/mocker-compose/mocker-compose/supervisor/kerneltest"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"golang.org/x/sys/unix"
)

// stage is a supervisor with a fake kernel, for one test.
type stage struct {
	t     testing.TB
	f     *kerneltest.Kernel
	dirs  state.Dirs
	s     *Supervisor
	out   sync.Mutex
	said  []string
	saved func([]func()) // of the next supervisor
}

func newStage(t testing.TB) *stage {
	dir := t.TempDir()
	g := &stage{t: t, f: kerneltest.New(t), dirs: state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")}}
	g.boot()
	t.Cleanup(func() { g.s.Close() })
	return g
}

// boot starts a supervisor on what the last one left.
func (g *stage) boot() {
	g.t.Helper()
	s, err := New(context.Background(), Config{
		Name: "demo", Dirs: g.dirs, Runtime: g.f, Version: "test", saved: g.saved, capture: captureFile, tee: teeFile,
		Report: func(line string) { g.out.Lock(); g.said = append(g.said, line); g.out.Unlock() },
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.s = s
}

// crash replaces the supervisor, as if it had been killed and started again.
// What it would only have recorded later is lost.
func (g *stage) crash() {
	g.t.Helper()
	_ = g.s.loop.Ask(func() { g.s.loop.Abandon() })
	g.s.Close()
	g.boot()
}

// reply is what a client sees.
type reply struct {
	lines  []string
	ps     []api.Container
	events []api.Event
	exit   *api.Exit
	waited []api.Waited
	turns  []api.Turn
	done   bool
	err    *api.Error
}

func (g *stage) do(req api.Request) reply { return g.doCtx(context.Background(), req) }

// doWith is do with files that come along; they stay the caller's.
func (g *stage) doWith(req api.Request, files ...*os.File) reply {
	var own []*os.File
	for _, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			g.t.Fatal(err)
		}
		own = append(own, os.NewFile(uintptr(fd), f.Name()))
	}
	return g.doCtx(context.Background(), req, own...)
}

func (g *stage) doCtx(ctx context.Context, req api.Request, files ...*os.File) reply {
	var rep reply
	var mu sync.Mutex
	g.s.answer(ctx, &request{Request: req, Files: files, Send: func(v any, _ ...*os.File) error {
		mu.Lock()
		defer mu.Unlock()
		rep.take(v.(api.Answer))
		return nil
	}})
	return rep
}

func (r *reply) take(a api.Answer) {
	switch {
	case a.Turn != "":
		r.turns = append(r.turns, a.Turn)
	case a.Progress != nil:
		r.lines = append(r.lines, fmt.Sprintf("%s %s %s", a.Progress.Kind, a.Progress.Name, a.Progress.Status))
	case a.Event != nil:
		r.events = append(r.events, *a.Event)
	case a.Waited != nil:
		r.waited = append(r.waited, *a.Waited)
	case a.Exit != nil:
		r.exit = a.Exit
	}
	if a.PS != nil {
		r.ps = a.PS
	}
	r.done = r.done || a.Done
	if a.Error != nil {
		r.err = a.Error
	}
}

func (g *stage) up(p project.Project) reply {
	return g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: p}})
}

func (g *stage) must(r reply) reply {
	g.t.Helper()
	if r.err != nil || !r.done {
		g.t.Fatalf("request failed: %+v, done %t", r.err, r.done)
	}
	return r
}

// states is ps in one line: "db-1=running:healthy web-1=exited".
func (g *stage) states() string {
	var parts []string
	for _, c := range g.do(api.Request{Op: api.OpPS}).ps {
		text := strings.TrimPrefix(c.Name, "demo-") + "=" + c.State
		if c.Health != "" {
			text += ":" + c.Health
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func (g *stage) wantStates(want string) {
	g.t.Helper()
	if got := g.states(); got != want {
		g.t.Fatalf("states\n got %s\nwant %s", got, want)
	}
}

func (g *stage) noBugs() {
	g.t.Helper()
	g.out.Lock()
	defer g.out.Unlock()
	for _, line := range g.said {
		if strings.Contains(line, "please report") {
			g.t.Error(line)
		}
	}
}

// captureFile is capture.Pipe for fake time: a file never makes anybody wait.
func captureFile() (capture.Output, error) {
	f, err := os.CreateTemp("", "probe")
	if err != nil {
		return capture.Output{}, err
	}
	os.Remove(f.Name())
	return capture.Output{File: f, Collect: func() string {
		defer f.Close()
		_, _ = f.Seek(0, io.SeekStart)
		b, _ := io.ReadAll(io.LimitReader(f, policy.OutputLimit))
		return string(b)
	}}, nil
}

// teeFile is capture.Tee for fake time.
func teeFile(log *os.File) (capture.Output, error) {
	log.Close()
	return captureFile()
}

// scene runs a test in a bubble of fake time.
func scene(t *testing.T, f func(t *testing.T, g *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newStage(t)
		f(t, g)
		g.noBugs()
	})
}

func settle() { synctest.Wait() }

func sleep(d time.Duration) { time.Sleep(d); synctest.Wait() }

// svc makes a service; the options are written as functions on it.
func svc(name string, opts ...func(*project.Service)) project.Service {
	s := project.Service{
		Name: name, Scale: 1, Attach: true, Restart: project.RestartPolicy{Mode: project.RestartNo},
		Endpoints: []project.Endpoint{{Network: "default"}},
	}
	for _, o := range opts {
		o(&s)
	}
	return s
}

func proj(services ...project.Service) project.Project {
	return project.Project{
		Name: "demo", WorkingDir: "/demo", Services: services,
		Networks: []project.Network{{Key: "default", Name: "demo_default"}},
	}
}

func dep(service string, c project.Condition, opts ...func(*project.Dependency)) func(*project.Service) {
	d := project.Dependency{Service: service, Condition: c, Required: true}
	for _, o := range opts {
		o(&d)
	}
	return func(s *project.Service) { s.DependsOn = append(s.DependsOn, d) }
}

func withRestart(d *project.Dependency) { d.Restart = true }
func optional(d *project.Dependency)    { d.Required = false }

func restarts(m project.RestartMode, limit int) func(*project.Service) {
	return func(s *project.Service) { s.Restart = project.RestartPolicy{Mode: m, MaxRetries: limit} }
}

func check(h project.HealthCheck) func(*project.Service) {
	h.Test = []string{"CMD", "probe"}
	return func(s *project.Service) { s.HealthCheck = &h }
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// listen subscribes to events; the returned function ends it and gives them.
func (g *stage) listen() (chan reply, func(chan reply) []api.Event) {
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan reply, 1)
	go func() { out <- g.doCtx(ctx, api.Request{Op: api.OpEvents, Events: &api.EventsRequest{Replay: true}}) }()
	synctest.Wait()
	return out, func(out chan reply) []api.Event {
		synctest.Wait()
		cancel()
		return (<-out).events
	}
}

// program is how the containers of a service behave.
type program = kerneltest.Program
