package groups

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// a is a service with a limit.
func a(memory int64) *project.Service {
	return &project.Service{Name: "a", Resources: project.Resources{Memory: memory, Keys: []string{"mem_limit"}}}
}

// one is a stage with the run a/1.
func one(t *testing.T) (*stage, *fakeGroup) {
	s := open(t, newFake(t, "memory", "pids"), nil)
	s.k.Adopt(nil)
	if _, err := s.k.Make(t.Context(), "a/1", a(100<<20)); err != nil {
		t.Fatal(err)
	}
	return s, s.groups["a.1"]
}

func TestLimits(t *testing.T) {
	s, g := one(t)
	if l := g.limits; *l.Memory.Limit != 100<<20 || *l.Pids.Limit != project.DefaultPids {
		t.Errorf("made with %+v", l)
	}
	if err := s.k.Limit(t.Context(), "a/1", a(200<<20)); err != nil || *g.limits.Memory.Limit != 200<<20 {
		t.Errorf("changed to %d, %v", *g.limits.Memory.Limit, err)
	}
	var busy *cgroup.BusyError
	if err := s.k.Limit(t.Context(), "a/1", a(1)); !errors.As(err, &busy) || busy.Used != 5<<20 {
		t.Errorf("less than is in use: %v", err)
	}
	if err := s.k.Limit(t.Context(), "b/1", a(1)); err != nil {
		t.Errorf("a run without a group: %v", err)
	}
	before := len(s.said())
	g.gone = true // its end is under way; the next run takes what is on record
	if err := s.k.Limit(t.Context(), "a/1", a(300<<20)); err != nil || len(s.said()) > before {
		t.Errorf("a run that has just ended: %v, %q", err, s.said()[before:])
	}
}

func TestReleaseIsIdempotent(t *testing.T) {
	s, _ := one(t)
	for n, want := range []bool{true, false} {
		if had, err := s.k.Release(t.Context(), "a/1"); had != want || err != nil {
			t.Errorf("release %d: %t, %v", n, had, err)
		}
	}
	if got := strings.Join(s.log, ", "); got != "make a.1, kill a.1, remove a.1" {
		t.Errorf("what was done to D: %s", got)
	}
}

// A group that cannot be removed can be tried again.
func TestReleaseFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, g := one(t)
		g.stuck = true
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		if had, err := s.k.Release(ctx, "a/1"); !had || err == nil {
			t.Errorf("%t, %v", had, err)
		}
		g.stuck = false
		if had, err := s.k.Release(t.Context(), "a/1"); !had || err != nil {
			t.Errorf("once more: %t, %v", had, err)
		}
	})
}

// Freezing waits for births, and there are none while a group is frozen; one that is
// under way when the run is released keeps its directory open.
func TestBirthsAndFreezing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, g := one(t)
		dir, leave, err := s.k.Enter(t.Context(), "a/1")
		if dir == nil || err != nil {
			t.Fatal(err)
		}
		frozen := make(chan time.Time, 1)
		go func() {
			_, _ = s.k.Freeze(t.Context(), "a/1")
			frozen <- time.Now()
		}()
		time.Sleep(time.Second)
		if is, _ := g.Frozen(); is {
			t.Error("frozen while somebody is being born")
		}
		began := time.Now()
		leave()
		if at := <-frozen; at != began {
			t.Errorf("frozen %v after the birth", at.Sub(began))
		}
		if _, leave, err := s.k.Enter(t.Context(), "a/1"); err == nil {
			leave()
			t.Error("a birth into a frozen group")
		}
		if had, err := s.k.Thaw(t.Context(), "a/1"); !had || err != nil {
			t.Errorf("thaw: %t, %v", had, err)
		}
		_, leave, err = s.k.Enter(t.Context(), "a/1")
		if err != nil {
			t.Fatal(err)
		}
		go func() { time.Sleep(time.Second); leave() }()
		if _, err := s.k.Release(t.Context(), "a/1"); err != nil || time.Since(began) != time.Second {
			t.Errorf("released after %v, %v", time.Since(began), err)
		}
		if !g.killed {
			t.Error("what was being born was not killed before")
		}
	})
}

func TestOOM(t *testing.T) {
	for _, c := range []struct {
		is     cgroup.OOM
		killed bool
		limit  int64
	}{
		{cgroup.OOM{Limit: cgroup.Max}, false, 0},
		{cgroup.OOM{Reached: 1, Limit: 5}, false, 5}, // a process was refused memory, none killed
		{cgroup.OOM{Kills: 1, Reached: 1, Limit: 5}, true, 5},
		{cgroup.OOM{Kills: 3, Limit: 5}, true, 0},
		{cgroup.OOM{Kills: 3, Reached: 1, Limit: cgroup.Max}, true, 0},
	} {
		s, g := one(t)
		g.oom = c.is
		if killed, limit, err := s.k.OOM(t.Context(), "a/1"); killed != c.killed || limit != c.limit || err != nil {
			t.Errorf("%+v: %t, %d, %v", c.is, killed, limit, err)
		}
		if killed, _, _ := s.k.OOM(t.Context(), "a/exec-1"); killed {
			t.Error("a command has no group")
		}
	}
}
