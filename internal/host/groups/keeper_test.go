package groups

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

func TestName(t *testing.T) {
	for id, want := range map[string]string{
		"demo-web-1/3": "demo-web-1.3", "a.b/12": "a.b.12", "demo-web-1/exec-7.1": "", "web/execd-1.2": "",
		"web": "", "/1": "", "web/": "", "web/1a": "", "web/fuse-1": "",
	} {
		if got := Name(id); got != want {
			t.Errorf("group of %q is %q, want %q", id, got, want)
		}
	}
}

// A new group waits for D, and for the end of what earlier runs have left; what is
// known stays.
func TestFirstGroupWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		for _, name := range []string{"a.1", "b.4", "gone.1"} {
			f.add(name)
		}
		f.groups["b.4"].oom = cgroup.OOM{Kills: 2, Reached: 1, Limit: 1 << 20}
		s := open(t, f, func(context.Context) (delegate.Delegation, error) {
			time.Sleep(5 * time.Second)
			return delegate.Delegation{}, nil
		})
		begin := time.Now()
		go func() {
			time.Sleep(10 * time.Second)
			s.k.Adopt([]string{"a/1", "b/4"})
		}()
		killed, limit, err := s.k.OOM(t.Context(), "b/4")
		if !killed || limit != 1<<20 || err != nil || time.Since(begin) != 5*time.Second {
			t.Errorf("OOM of an adopted run: %t, %d, %v after %v", killed, limit, err, time.Since(begin))
		}
		dir, err := s.k.Make(t.Context(), "a/2", &project.Service{Name: "a"})
		if dir == nil || err != nil || time.Since(begin) != 10*time.Second {
			t.Errorf("%v, %v after %v", dir, err, time.Since(begin))
		}
		if got := strings.Join(f.log, ", "); got != "remove gone.1, make a.2" {
			t.Errorf("what was done to D: %s", got)
		}
		if got := f.names(); !slices.Equal(got, []string{"a.1", "a.2", "b.4"}) {
			t.Errorf("groups %v", got)
		}
	})
}

// A leftover that does not go keeps nobody from starting for ever.
func TestLeftoverThatDoesNotGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.add("gone.1").stuck = true
		s := open(t, f, nil)
		s.k.Adopt(nil)
		if dir, err := s.k.Make(t.Context(), "a/1", &project.Service{}); dir == nil || err != nil {
			t.Errorf("%v, %v", dir, err)
		}
		if len(s.reported) != 1 || !strings.Contains(s.reported[0], "gone.1 is populated") {
			t.Errorf("reported: %q", s.reported)
		}
	})
}

func TestWithoutD(t *testing.T) {
	s := open(t, newFake(t), func(context.Context) (delegate.Delegation, error) {
		return delegate.Delegation{}, &delegate.NoneError{Cause: "why", Remedy: "do this"}
	})
	s.k.Adopt(nil)
	ctx := t.Context()
	if dir, err := s.k.Make(ctx, "a/1", &project.Service{Name: "a"}); dir != nil || err != nil {
		t.Errorf("Make: %v, %v", dir, err)
	}
	dir, leave, err := s.k.Enter(ctx, "a/1")
	leave()
	frozen, ferr := s.k.Freeze(ctx, "a/1")
	thawed, terr := s.k.Thaw(ctx, "a/1")
	killed, kerr := s.k.Kill("a/1")
	released, rerr := s.k.Release(ctx, "a/1")
	oom, _, oerr := s.k.OOM(ctx, "a/1")
	_, sampled, serr := s.k.Sample(ctx, "a/1")
	lerr := s.k.Limit(ctx, "a/1", &project.Service{Name: "a"})
	if dir != nil || frozen || thawed || killed || released || oom || sampled {
		t.Error("there is a group without D")
	}
	if err := errors.Join(err, ferr, terr, kerr, rerr, oerr, serr, lerr); err != nil {
		t.Error(err)
	}
	if len(s.said()) > 0 {
		t.Errorf("who asks for no limit was told %q", s.said())
	}
	if _, err := s.k.Delegation(ctx); err == nil {
		t.Error("there is a D")
	}
}

// Who waits for a D that does not come waits no longer than his context.
func TestObtainHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newFake(t), func(ctx context.Context) (delegate.Delegation, error) {
			<-ctx.Done()
			return delegate.Delegation{}, &delegate.NoneError{Cause: "systemd does not answer"}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.k.Make(ctx, "a/1", &project.Service{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Make: %v", err)
		}
		if killed, err := s.k.Kill("a/1"); killed || err != nil {
			t.Errorf("Kill waits for nothing: %t, %v", killed, err)
		}
		s.k.Adopt(nil)
		if dir, err := s.k.Make(t.Context(), "a/1", &project.Service{}); dir != nil || err != nil {
			t.Errorf("after the time is over: %v, %v", dir, err)
		}
	})
}
