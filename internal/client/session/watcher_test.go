package session

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

// diary is what watchings have done, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// fake is a Watching with a name. It runs until its context ends and hold is closed.
type fake struct {
	*diary
	name  string
	began chan struct{}
	hold  chan struct{}
}

func (f *fake) Run(ctx context.Context, ready func()) {
	f.note("run " + f.name)
	ready()
	close(f.began)
	<-ctx.Done()
	<-f.hold
	f.note("end " + f.name)
}

func (f *fake) Close() { f.note("close " + f.name) }

// stage is a Watcher whose watchings are called a, b, c in the order of their opening.
type stage struct {
	*Watcher
	diary
	made []*fake
	fail error
}

func newStage() *stage {
	s := &stage{Watcher: &Watcher{}}
	s.Speak(func(line string) { s.note("say " + line) }, func(line string) { s.note("print " + line) })
	s.Open = func(context.Context) (Watching, error) {
		if s.fail != nil {
			return nil, s.fail
		}
		f := &fake{diary: &s.diary, name: string(rune('a' + len(s.made))), began: make(chan struct{}), hold: make(chan struct{})}
		s.made = append(s.made, f)
		return f, nil
	}
	return s
}

func (s *stage) want(t *testing.T, lines ...string) {
	t.Helper()
	if got := s.all(); !slices.Equal(got, lines) {
		t.Errorf("it did %q, want %q", got, lines)
	}
}

func wait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatal("it does not happen")
	}
}

// What was prepared is what Start runs; Stop returns when it has ended and is closed.
func TestStartAndStop(t *testing.T) {
	s := newStage()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Running() {
		t.Error("it runs before it was started")
	}
	if err := s.Start(t.Context()); err != nil || !s.Running() || len(s.made) != 1 {
		t.Fatalf("%v, running %v, opened %d times", err, s.Running(), len(s.made))
	}
	wait(t, s.made[0].began)
	stopped := make(chan struct{})
	go func() { s.Stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("Stop does not wait for what is under way")
	case <-time.After(20 * time.Millisecond):
	}
	close(s.made[0].hold)
	wait(t, stopped)
	s.Close()
	s.Stop()
	if s.Running() {
		t.Error("it runs after it was stopped")
	}
	s.want(t, "run a", "say Watch enabled", "end a", "close a")
}

// The key turns it off and on while the first still does its last thing: the second begins
// when that is over, and never do two run at once.
func TestCancelAndStartAgain(t *testing.T) {
	s := newStage()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	wait(t, s.made[0].began)
	s.Cancel()
	if s.Running() {
		t.Error("it runs after it was cancelled")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.made[1].began:
		t.Error("two run at once")
	case <-time.After(20 * time.Millisecond):
	}
	close(s.made[0].hold)
	wait(t, s.made[1].began)
	close(s.made[1].hold)
	s.Stop()
	s.want(t, "run a", "say Watch enabled", "end a", "close a", "run b", "say Watch enabled", "end b", "close b")
}

// What was prepared and never began is closed, once; what cannot be opened does not run.
func TestUnbegun(t *testing.T) {
	s := newStage()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.Close()
	s.want(t, "close a")
	s.fail = errors.New("no inotify")
	if err := s.Start(t.Context()); !errors.Is(err, s.fail) || s.Running() {
		t.Errorf("%v, running %v", err, s.Running())
	}
	if err := s.Prepare(t.Context()); !errors.Is(err, s.fail) {
		t.Error(err)
	}
}

// The end of the context is the end of the watch.
func TestContextEnds(t *testing.T) {
	s := newStage()
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	wait(t, s.made[0].began)
	close(s.made[0].hold)
	cancel()
	s.Stop()
	s.want(t, "run a", "say Watch enabled", "end a", "close a")
}

// An up without anything to watch has no Watcher: nothing is to be done with it.
func TestNone(t *testing.T) {
	var w *Watcher
	if w.Running() {
		t.Error("none runs")
	}
	w.Cancel()
	w.Stop()
	w.Close()
}

// Who speaks may change while it runs: the next line goes to the new one.
func TestSpeak(t *testing.T) {
	s := newStage()
	s.Say("one")
	s.Print("two")
	s.Speak(func(line string) { s.note("new " + line) }, func(string) {})
	s.Say("three")
	s.Print("four")
	s.want(t, "say one", "print two", "new three")
}
