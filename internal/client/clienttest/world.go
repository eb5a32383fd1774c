// Package clienttest is a world for tests of commands: an environment on directories
// of its own, what it has printed, and supervisors that answer by a script.
package clienttest

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Handler answers one request of a fake supervisor; it owns the files.
type Handler func(c *wire.Conn, r *api.Request, files []*os.File)

// World is an Env on directories of its own, with what it has printed.
type World struct {
	*client.Env
	t        *testing.T
	Out, Err *os.File
	Environ  map[string]string

	mu       sync.Mutex
	requests []api.Request
}

// New makes one; it ends with the test.
func New(t *testing.T) *World {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) *os.File {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	w := &World{t: t, Out: file("out"), Err: file("err"), Environ: map[string]string{}}
	w.Env = &client.Env{
		Stdin: file("in"), Stdout: w.Out, Stderr: w.Err,
		Getenv: func(k string) string { return w.Environ[k] },
		Dirs:   state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")},
	}
	old := client.EnsureProject
	client.EnsureProject = func(context.Context, state.Dirs, string, func(string)) error { return nil }
	t.Cleanup(func() { client.EnsureProject = old })
	return w
}

// Printed is all of standard output or error so far.
func Printed(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Serve is the project's supervisor until the test ends.
func (w *World) Serve(project string, h Handler) {
	w.t.Helper()
	if err := os.MkdirAll(w.Dirs.ProjectRun(project), 0o700); err != nil {
		w.t.Fatal(err)
	}
	l, err := wire.Listen(w.Dirs.APISocket(project))
	if err != nil {
		w.t.Fatal(err)
	}
	var conns sync.WaitGroup
	w.t.Cleanup(func() { l.Close(); conns.Wait() })
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				var r api.Request
				files, err := c.Receive(&r)
				if err != nil {
					return
				}
				w.mu.Lock()
				w.requests = append(w.requests, r)
				w.mu.Unlock()
				h(c, &r, files)
			})
		}
	})
}

// Asked are the requests with op so far.
func (w *World) Asked(op api.Op) (out []api.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.requests {
		if r.Op == op {
			out = append(out, r)
		}
	}
	return out
}

// Script answers each op with fixed answers and Done.
func Script(answers map[api.Op][]api.Answer) Handler {
	return func(c *wire.Conn, r *api.Request, files []*os.File) {
		for _, f := range files {
			f.Close()
		}
		for _, a := range answers[r.Op] {
			if c.Send(a) != nil {
				return
			}
			if a.Done {
				return
			}
		}
		_ = c.Send(api.Answer{Done: true})
	}
}

// WantOutput compares all that a file got with want.
func WantOutput(t *testing.T, what string, f *os.File, want string) {
	t.Helper()
	if got := Printed(t, f); got != want {
		t.Errorf("%s:\n%q\nwant\n%q", what, got, want)
	}
}

// Bounded is a context against hangs.
func Bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// Step is an answer that tells of a step on a container.
func Step(name, status string) api.Answer {
	return api.Answer{Progress: &api.Progress{Kind: "Container", Name: name, Status: status}}
}

// Running is the first container of a service, up.
func Running(project, service string) api.Container {
	name := project + "-" + service + "-1"
	return api.Container{ID: service + "-id", Name: name, Project: project, Service: service, Number: 1,
		State: "running", Created: time.Now(), Started: time.Now()}
}

// Record leaves what a supervisor leaves on disk.
func (w *World) Record(name string, r supervisor.Record) {
	w.t.Helper()
	if err := state.MakePrivate(w.Dirs.ProjectData(name)); err != nil {
		w.t.Fatal(err)
	}
	if err := state.Save(w.Dirs.StateFile(name), r); err != nil {
		w.t.Fatal(err)
	}
}

// Replica is a container of a service of the project "old", as a record has it.
func Replica(service string, s supervisor.State) supervisor.Replica {
	return supervisor.Replica{State: s, Container: supervisor.Container{Project: "old", ID: service + "-id", Name: "old-" + service + "-1",
		Number: 1, Created: time.Now(), Service: project.Service{Name: service, Entrypoint: []string{"/bin/" + service}}}}
}
