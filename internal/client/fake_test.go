package client

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// handler answers one request of a fake supervisor; it owns the files.
type handler func(c *wire.Conn, r *api.Request, files []*os.File)

// world is an Env on directories of its own, with what it has printed.
type world struct {
	*Env
	t        *testing.T
	out, err *os.File
	environ  map[string]string

	mu       sync.Mutex
	requests []api.Request
}

func newWorld(t *testing.T) *world {
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
	w := &world{t: t, out: file("out"), err: file("err"), environ: map[string]string{}}
	w.Env = &Env{
		Stdin: file("in"), Stdout: w.out, Stderr: w.err,
		Getenv: func(k string) string { return w.environ[k] },
		Dirs:   state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")},
	}
	old := EnsureProject
	EnsureProject = func(context.Context, state.Dirs, string, func(string)) error { return nil }
	t.Cleanup(func() { EnsureProject = old })
	return w
}

// printed is all of standard output or error so far.
func printed(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// serve is the project's supervisor until the test ends.
func (w *world) serve(project string, h handler) {
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

// asked are the requests with op so far.
func (w *world) asked(op api.Op) (out []api.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.requests {
		if r.Op == op {
			out = append(out, r)
		}
	}
	return out
}

// script answers each op with fixed answers and Done.
func script(answers map[api.Op][]api.Answer) handler {
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

func wantOutput(t *testing.T, what string, f *os.File, want string) {
	t.Helper()
	if got := printed(t, f); got != want {
		t.Errorf("%s:\n%q\nwant\n%q", what, got, want)
	}
}

// bounded is a context against hangs.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func progressAnswer(name, status string) api.Answer {
	return api.Answer{Progress: &api.Progress{Kind: "Container", Name: name, Status: status}}
}

func running(project, service string) api.Container {
	name := project + "-" + service + "-1"
	return api.Container{ID: service + "-id", Name: name, Project: project, Service: service, Number: 1,
		State: "running", Created: time.Now(), Started: time.Now()}
}
