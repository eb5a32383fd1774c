package groups

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func with(name string, keys ...string) project.Service {
	return project.Service{Name: name, Resources: project.Resources{Keys: keys}}
}

func TestNotices(t *testing.T) {
	none := &delegate.NoneError{Cause: "this is a hybrid host", Remedy: "boot with x"}
	file := []project.Service{with("b", "cpus", "mem_limit"), with("a", "mem_limit", "cpuset"), with("c")}
	for name, c := range map[string]struct {
		d           delegate.Delegation
		err         error
		controllers []string
		services    []project.Service
		want        []string
	}{
		"nothing asked":    {err: none, services: []project.Service{with("a")}},
		"none":             {err: none, services: file, want: []string{"not enforced: cpus (service b), mem_limit (services a, b): this is a hybrid host; to change that: boot with x"}},
		"none, no remedy":  {err: &delegate.NoneError{Cause: "no"}, services: file[1:], want: []string{"not enforced: mem_limit (service a): no"}},
		"another error":    {err: errors.New("boom"), services: file[1:], want: []string{"not enforced: mem_limit (service a): boom"}},
		"all":              {controllers: []string{"cpu", "memory", "cpuset"}, services: file},
		"one is missing":   {d: delegate.Delegation{Dir: "/d", Cause: "cpu is not delegated", Remedy: "make a drop-in"}, controllers: []string{"memory"}, services: file, want: []string{"not enforced: cpus (service b): cpu is not delegated; to change that: make a drop-in"}},
		"nobody knows why": {d: delegate.Delegation{Dir: "/d"}, controllers: []string{"memory"}, services: file, want: []string{"not enforced: cpus (service b): the kernel does not give its controller to /d"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, c.controllers...)
			s := open(t, f, func(context.Context) (delegate.Delegation, error) { return c.d, c.err })
			s.k.Adopt(nil)
			s.k.Check(t.Context(), c.services)
			s.k.Check(t.Context(), c.services) // once is enough
			for n := range c.services {
				if _, err := s.k.Make(t.Context(), c.services[n].Name+"/1", &c.services[n]); err != nil {
					t.Error(err)
				}
			}
			if got := s.said(); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// What comes later is said when it comes.
func TestNoticeOfALaterService(t *testing.T) {
	s := open(t, newFake(t), func(context.Context) (delegate.Delegation, error) {
		return delegate.Delegation{}, &delegate.NoneError{Cause: "no"}
	})
	s.k.Adopt(nil)
	s.k.Check(t.Context(), []project.Service{with("a", "mem_limit")})
	late := with("b", "mem_limit")
	if _, err := s.k.Make(t.Context(), "b/1", &late); err != nil {
		t.Fatal(err)
	}
	if got, want := s.said(), []string{"not enforced: mem_limit (service a): no", "not enforced: mem_limit (service b): no"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What the kernel refuses of a limit is said with the file's name, once, to who asked.
func TestUnmet(t *testing.T) {
	f := newFake(t, "memory")
	f.unmet = []cgroup.Unmet{
		{Controller: "memory", File: "memory.swap.max", Want: "0", Err: cgroup.ErrNoFile},
		{Controller: "io", File: "io.weight", Want: "default 100", Err: unix.EINVAL},
		{Controller: "pids", File: "pids.max", Want: "4096", Err: cgroup.ErrNoController},
	}
	s := open(t, f, nil)
	s.k.Adopt(nil)
	svc := with("a", "mem_limit")
	for _, id := range []string{"a/1", "a/2"} {
		if _, err := s.k.Make(t.Context(), id, &svc); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := s.said(), []string{"service a: memory.swap.max is not 0: this kernel does not have it"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// How long D lasts is said to everybody.
func TestNoticeOfD(t *testing.T) {
	s := open(t, newFake(t), func(context.Context) (delegate.Delegation, error) {
		return delegate.Delegation{Notice: "it ends with your session"}, nil
	})
	s.k.Adopt(nil)
	svc := with("a")
	if _, err := s.k.Make(t.Context(), "a/1", &svc); err != nil {
		t.Fatal(err)
	}
	if got, want := s.said(), []string{"it ends with your session"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
