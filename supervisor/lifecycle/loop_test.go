package lifecycle

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/kerneltest"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// bench is a loop on a kernel in memory, for one test. What commands make of the loop
// is tested in package supervisor.
type bench struct {
	t    testing.TB
	f    *kerneltest.Kernel
	dirs state.Dirs
	l    *Loop
}

func begin(t testing.TB) *bench {
	dir := t.TempDir()
	g := &bench{t: t, f: kerneltest.New(t), dirs: state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")}}
	if err := os.MkdirAll(g.dirs.ProjectData("demo"), 0o700); err != nil {
		t.Fatal(err)
	}
	g.boot()
	t.Cleanup(func() { g.l.Close() })
	return g
}

// boot starts a loop on what the last one left.
func (g *bench) boot() {
	g.t.Helper()
	l, err := New(context.Background(), Config{Project: "demo", Dirs: g.dirs, Runtime: g.f})
	if err != nil {
		g.t.Fatal(err)
	}
	g.l = l
}

func (g *bench) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *bench) wantState(name string, want State) {
	g.t.Helper()
	if r := g.l.Replica(name); r == nil || r.State != want {
		g.t.Fatalf("container %s is %+v, want %s", name, r, want)
	}
}

func container(name string) kernel.Container {
	p := &project.Project{Name: "demo"}
	return kernel.NewContainer(p, &project.Service{Name: name, Scale: 1}, 1)
}

func bubble(t *testing.T, f func(t *testing.T, g *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, begin(t)) })
}

// TestALife: the steps of a container from nothing to nothing, each idempotent where a
// client may ask again, and nobody who waits is left behind.
func TestALife(t *testing.T) {
	bubble(t, func(t *testing.T, g *bench) {
		ctx := context.Background()
		c := container("a")
		g.must(g.l.Create(ctx, c))
		if err := g.l.Create(ctx, c); err == nil || !strings.Contains(err.Error(), "there is one of this name") {
			t.Errorf("a second creation: %v", err)
		}
		g.wantState(c.Name, Created)
		if already, err := g.l.Start(ctx, c.Name); already || err != nil {
			t.Fatalf("start: already %t, %v", already, err)
		}
		if already, err := g.l.Start(ctx, c.Name); !already || err != nil {
			t.Fatalf("start again: already %t, %v", already, err)
		}
		g.wantState(c.Name, Running)
		var busy *BusyError
		if err := g.l.RemoveIdle(ctx, c.Name, false); !errors.As(err, &busy) {
			t.Errorf("removal of what runs: %v", err)
		}
		g.must(g.l.Pause(ctx, c.Name))
		g.wantState(c.Name, Paused)
		g.must(g.l.Unpause(ctx, c.Name))
		g.must(g.l.Stop(ctx, c.Name, policy.StopOrder{}))
		g.must(g.l.Stop(ctx, c.Name, policy.StopOrder{}))
		g.wantState(c.Name, Exited)
		g.must(g.l.Remove(ctx, c.Name, policy.StopOrder{}, true))
		g.must(g.l.Remove(ctx, c.Name, policy.StopOrder{}, true))
		g.must(g.l.Ask(func() {
			if len(g.l.Instances)+len(g.l.waiters)+len(g.l.actions) > 0 || g.l.bugs > 0 {
				t.Errorf("left: %d instances, %d waiters, %d actions; %d bugs", len(g.l.Instances), len(g.l.waiters), len(g.l.actions), g.l.bugs)
			}
		}))
	})
}

// TestARefusalIsNobodyElses: a start that comes while a container is being removed fails,
// and the removal does not fail of it.
func TestARefusalIsNobodyElses(t *testing.T) {
	g := begin(t)
	ctx := context.Background()
	c := container("a")
	g.must(g.l.Create(ctx, c))
	g.f.Mu.Lock() // the kernel takes its time
	removed := make(chan error, 1)
	go func() { removed <- g.l.Remove(ctx, c.Name, policy.StopOrder{}, false) }()
	g.must(g.l.Await(ctx, func() (bool, error) { return g.l.Instances[c.Name].Rec.State == Removing, nil }))
	var busy *BusyError
	if _, err := g.l.Start(ctx, c.Name); !errors.As(err, &busy) {
		t.Errorf("start: %v", err)
	}
	g.f.Mu.Unlock()
	g.must(<-removed)
}

// TestWhoGivesUpWaitingIsForgotten: the wait ends with its context, the step does not.
func TestWhoGivesUpWaitingIsForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, g *bench) {
		c := container("a")
		g.f.Set("a", kerneltest.Program{Slow: time.Minute})
		g.must(g.l.Create(context.Background(), c))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := g.l.Start(ctx, c.Name); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		g.must(g.l.Ask(func() {
			if len(g.l.waiters) > 0 {
				t.Errorf("%d waiters are left", len(g.l.waiters))
			}
		}))
		g.wantState(c.Name, Starting)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		g.wantState(c.Name, Running)
	})
}

// TestAnEndedLoopAnswersEverybody: nobody hangs on a loop that is closed, before or after.
func TestAnEndedLoopAnswersEverybody(t *testing.T) {
	bubble(t, func(t *testing.T, g *bench) {
		errs := make(chan error, 1)
		go func() {
			errs <- g.l.Await(context.Background(), func() (bool, error) { return false, nil })
		}()
		synctest.Wait()
		g.l.Close()
		if err := <-errs; !errors.Is(err, ErrStopped) {
			t.Errorf("who waited got %v", err)
		}
		if err := g.l.Ask(func() { t.Error("it ran") }); !errors.Is(err, ErrStopped) {
			t.Errorf("who asks later gets %v", err)
		}
		if err := g.l.Commit(func() { t.Error("it ran") }); !errors.Is(err, ErrStopped) {
			t.Errorf("who commits later gets %v", err)
		}
	})
}

// TestWhatIsCommittedIsRead: a change that Commit has returned for is what the next loop
// finds; one that could not be written is an error to who made it.
func TestWhatIsCommittedIsRead(t *testing.T) {
	bubble(t, func(t *testing.T, g *bench) {
		g.must(g.l.Commit(func() { g.l.Volumes = []string{"demo_data"} }))
		g.must(g.l.Ask(func() { g.l.Abandon() }))
		g.l.Close()
		g.boot()
		g.must(g.l.Ask(func() {
			if len(g.l.Volumes) != 1 || g.l.Volumes[0] != "demo_data" {
				t.Errorf("volumes %v", g.l.Volumes)
			}
		}))
		if err := os.RemoveAll(g.dirs.ProjectData("demo")); err != nil {
			t.Fatal(err)
		}
		if err := g.l.Commit(func() { g.l.Volumes = nil }); err == nil || !strings.Contains(err.Error(), "record the state of project demo") {
			t.Errorf("error %v", err)
		}
	})
}
