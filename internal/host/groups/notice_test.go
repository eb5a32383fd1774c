package groups

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
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

// What the kernel refuses of a limit is said by what the compose file has, once, to who
// asked.
func TestUnmet(t *testing.T) {
	t.Setenv("MOCKER_FORCE_HOST", t.TempDir()) // what mends it is not this machine's
	f := newFake(t, "memory", "io")
	f.unmet = []cgroup.Unmet{
		{Controller: "memory", File: "memory.swap.max", Want: "0", Err: cgroup.ErrNoFile},
		{Controller: "io", File: "io.weight", Want: "default 2930", Err: cgroup.ErrNoFile},
		{Controller: "io", File: "io.max", Want: "8:0 rbps=7", Err: unix.ENODEV},
		{Controller: "pids", File: "pids.max", Want: "4096", Err: cgroup.ErrNoController},
	}
	s := open(t, f, nil)
	s.k.Adopt(nil)
	memory, cache, db := with("a", "mem_limit"), with("cache", "blkio_config"), with("db", "blkio_config")
	memory.Resources.Memory = 100 << 20
	cache.Resources.BlkIO.Weight, db.Resources.BlkIO.Weight = 300, 300
	cache.Resources.BlkIO.ReadBps = []project.DeviceRate{{BlockDevice: project.BlockDevice{Path: "/dev/sda", Major: 8}, Rate: 7}}
	all := []project.Service{memory, cache, db}
	s.k.Check(t.Context(), all)
	for _, run := range []string{"/1", "/2"} {
		for n := range all {
			if _, err := s.k.Make(t.Context(), all[n].Name+run, &all[n]); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{
		"not enforced: mem_limit: 100 MiB of swap, too (service a): " + cause.SwapAccounting(cause.Here()).String(),
		"not enforced: blkio_config.weight: 300 (services cache, db): " + cause.DiskWeights(cause.Here()).String(),
		"not enforced: blkio_config.device_read_bps: /dev/sda 7 (service cache): no such device",
	}
	if got := s.said(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, line := range want {
		if strings.Contains(line, "\n") {
			t.Errorf("%q is more than a line", line)
		}
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
