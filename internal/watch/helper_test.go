package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// fake is a service's containers. A copy reads what is there, like the real one.
type fake struct {
	mu         sync.Mutex
	containers map[string][]Container
	log        []string
	files      map[string]map[string]string // by container and path in it
	fail       func(what string) error
	hold       chan struct{} // copies wait for it
}

func newFake(containers ...string) *fake {
	f := &fake{containers: map[string][]Container{}, files: map[string]map[string]string{}, fail: func(string) error { return nil }}
	for _, name := range containers {
		service, _, _ := strings.Cut(name, "-")
		f.containers[service] = append(f.containers[service], Container{ID: name, Name: name, Running: true})
	}
	return f
}

func (f *fake) note(format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	f.mu.Lock()
	f.log = append(f.log, line)
	f.mu.Unlock()
	return f.fail(line)
}

func (f *fake) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.log)
}

func (f *fake) Containers(_ context.Context, service string) ([]Container, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.containers[service]), nil
}

func (f *fake) Sync(_ context.Context, c Container, r *Rule, paths []string) error {
	if f.hold != nil {
		<-f.hold
	}
	if err := f.note("sync %s %s", c.Name, strings.Join(paths, " ")); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rel := range paths {
		if f.files[c.ID] == nil {
			f.files[c.ID] = map[string]string{}
		}
		b, err := os.ReadFile(filepath.Join(r.Path, rel))
		if err != nil {
			delete(f.files[c.ID], r.Destination(rel))
		} else {
			f.files[c.ID][r.Destination(rel)] = string(b)
		}
	}
	return nil
}

func (f *fake) Build(_ context.Context, service string) error { return f.note("build %s", service) }

func (f *fake) Replace(_ context.Context, service string) (bool, error) {
	err := f.note("replace %s", service)
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.containers[service] {
		f.containers[service][i].ID += "'"
	}
	return true, err
}

func (f *fake) Restart(_ context.Context, service string) error { return f.note("restart %s", service) }

func (f *fake) Exec(_ context.Context, c Container, r *Rule) (int, error) {
	return 0, f.note("exec %s %s", c.Name, strings.Join(r.Exec.Command, " "))
}

// stage is a directory that is watched.
type stage struct {
	*testing.T
	dir string
	w   *Watcher
	f   *fake

	mu    sync.Mutex
	lines []string
}

func (s *stage) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func (s *stage) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// watching makes files (name, or name/ for a directory) and watches them; rule paths are
// relative to the directory.
func watching(t *testing.T, f *fake, files []string, rules ...*Rule) *stage {
	t.Helper()
	s := &stage{T: t, dir: t.TempDir(), f: f}
	for _, name := range files {
		s.write(name, "old")
	}
	for _, r := range rules {
		r.Path = filepath.Join(s.dir, r.Path)
		if r.Context != "" {
			r.Context = filepath.Join(s.dir, r.Context)
		}
	}
	w, err := New(t.Context(), rules, Options{Actions: f, Say: s.say, Warn: s.say})
	if err != nil {
		t.Fatal(err)
	}
	s.w = w
	t.Cleanup(w.Close)
	return s
}

// run lets it work until the test ends.
func (s *stage) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done, ready := make(chan struct{}), make(chan struct{})
	go func() {
		s.w.Run(ctx, func() { close(ready) })
		close(done)
	}()
	s.Cleanup(func() { cancel(); <-done })
	<-ready
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) write(name, text string) {
	s.Helper()
	path := s.path(name)
	if strings.HasSuffix(name, "/") {
		s.must(os.MkdirAll(path, 0o755))
		return
	}
	s.must(os.MkdirAll(filepath.Dir(path), 0o755))
	s.must(os.WriteFile(path, []byte(text), 0o644))
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// eventually waits for a condition; the deadline is against hangs.
func (s *stage) eventually(what string, ok func() bool) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("%s: never; done %q, said\n%s", what, s.f.said(), s.heard())
		}
	}
}

// has waits until a container has exactly these files ("path=content").
func (s *stage) has(id string, want ...string) {
	s.Helper()
	var got []string
	defer func() {
		if s.Failed() {
			s.Logf("%s has %q, want %q", id, got, want)
		}
	}()
	s.eventually(fmt.Sprintf("%s has %q", id, want), func() bool {
		got = nil
		s.f.mu.Lock()
		for path, text := range s.f.files[id] {
			got = append(got, path+"="+text)
		}
		s.f.mu.Unlock()
		slices.Sort(got)
		return slices.Equal(got, want)
	})
}

func rule(service, path, action, target string) *Rule {
	r := &Rule{Service: service, Watch: project.Watch{Path: path, Action: project.WatchAction(action), Target: target}}
	if action == "sync+exec" {
		r.Exec = &project.Hook{Command: []string{"reload"}}
	}
	return r
}
