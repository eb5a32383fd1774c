package groups

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// fakeTree is a D in memory. It outlives keepers, and checks that they keep the rules.
type fakeTree struct {
	t           *testing.T
	controllers []string
	unmet       []cgroup.Unmet

	mu     sync.Mutex
	groups map[string]*fakeGroup
	used   map[string]bool
	log    []string
}

type fakeGroup struct {
	t      *fakeTree
	name   string
	frozen bool
	killed bool
	gone   bool
	oom    cgroup.OOM
	limits *specs.LinuxResources
	stuck  bool // its processes do not end
	dir    *os.File
}

func newFake(t *testing.T, controllers ...string) *fakeTree {
	return &fakeTree{t: t, controllers: controllers, groups: map[string]*fakeGroup{}, used: map[string]bool{}}
}

func (f *fakeTree) say(what string) { f.log = append(f.log, what) }

func (f *fakeTree) add(name string) *fakeGroup {
	dir, err := os.Open(f.t.TempDir())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { dir.Close() })
	g := &fakeGroup{t: f, name: name, dir: dir}
	f.groups[name] = g
	return g
}

func (f *fakeTree) Controllers() []string { return f.controllers }
func (f *fakeTree) Close() error          { return nil }
func (f *fakeTree) Room() int64           { return 1 << 20 }

func (f *fakeTree) MakeIn(_, name string, r *specs.LinuxResources) (Group, []cgroup.Unmet, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used[name] {
		f.t.Errorf("a group of the name %s was used before", name)
	}
	f.used[name] = true
	f.say("make " + name)
	g := f.add(name)
	g.limits = r
	return g, f.unmet, nil
}

func (f *fakeTree) Group(name string) (Group, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if g := f.groups[name]; g != nil {
		return g, nil
	}
	return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
}

func (f *fakeTree) Groups() ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names(), nil
}

func (f *fakeTree) names() (list []string) {
	for name := range f.groups {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func (g *fakeGroup) lock() func() { g.t.mu.Lock(); return g.t.mu.Unlock }

func (g *fakeGroup) Dir() *os.File { return g.dir }
func (g *fakeGroup) Close() error  { return nil }
func (g *fakeGroup) Rest()         {}

func (g *fakeGroup) Set(r *specs.LinuxResources) ([]cgroup.Unmet, error) {
	defer g.lock()()
	if g.gone {
		return []cgroup.Unmet{{Controller: "memory", File: "memory.max", Want: "1", Err: unix.ENODEV}}, unix.ENODEV
	}
	if m := r.Memory; m != nil && m.Limit != nil && *m.Limit < 1<<20 {
		return nil, &cgroup.BusyError{Group: g.name, Want: uint64(*m.Limit), Used: 5 << 20}
	}
	g.limits = r
	return g.t.unmet, nil
}

func (g *fakeGroup) Freeze(context.Context) error { defer g.lock()(); g.frozen = true; return nil }
func (g *fakeGroup) Thaw(context.Context) error   { defer g.lock()(); g.frozen = false; return nil }
func (g *fakeGroup) Frozen() (bool, error)        { defer g.lock()(); return g.frozen, nil }
func (g *fakeGroup) OOM() (cgroup.OOM, error)     { defer g.lock()(); return g.oom, nil }

func (g *fakeGroup) Gone() bool { defer g.lock()(); return g.gone }

func (g *fakeGroup) Kill() error {
	defer g.lock()()
	g.killed = true
	g.t.say("kill " + g.name)
	return nil
}

func (g *fakeGroup) Sample() (cgroup.Sample, error) {
	return cgroup.Sample{Memory: &cgroup.MemorySample{Current: 7}}, nil
}

func (g *fakeGroup) Remove(ctx context.Context) error {
	if g.stuck {
		<-ctx.Done()
		return errors.Join(errors.New(g.name+" is populated"), ctx.Err())
	}
	defer g.lock()()
	g.t.say("remove " + g.name)
	delete(g.t.groups, g.name)
	return nil
}

// stage is a keeper with a fake D.
type stage struct {
	*fakeTree
	k        *Keeper
	mu       sync.Mutex
	notices  []string
	reported []string
}

func open(t *testing.T, f *fakeTree, obtain func(context.Context) (delegate.Delegation, error)) *stage {
	s := &stage{fakeTree: f}
	if obtain == nil {
		obtain = func(context.Context) (delegate.Delegation, error) { return delegate.Delegation{Dir: "/d"}, nil }
	}
	s.k = Open(Config{
		Obtain: obtain, Open: func(string) (Tree, error) { return f, nil },
		Report: func(l string) { s.mu.Lock(); s.reported = append(s.reported, l); s.mu.Unlock() },
		Notice: func(l string) { s.mu.Lock(); s.notices = append(s.notices, l); s.mu.Unlock() },
	})
	t.Cleanup(func() {
		if err := s.k.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *stage) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notices
}
