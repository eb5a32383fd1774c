package kerneltest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Program is how the containers of a service behave.
type Program struct {
	Life     time.Duration // until it ends by itself; 0 = for ever
	Code     int           // of that end
	Deaf     bool          // ignores the stop signal, provably
	Stubborn bool          // ignores the stop signal, not provably
	Dying    time.Duration // from the stop signal to its end
	StartErr error
	PauseErr error
	Slow     time.Duration // what Start takes
	Probe    func(age time.Duration) (code int, took time.Duration)
	Hook     func(args []string) (code int, took time.Duration) // of commands that begin with "hook"
}

// Kernel is a kernel in memory. It outlives supervisors, and checks that they keep the
// rules of kernel.Runtime.
type Kernel struct {
	Mu       sync.Mutex         // guards the rest
	Programs map[string]Program // by service
	// Pick, if set, chooses another for a start, with the lock; nil: that of the service.
	Pick     func(c *kernel.Container) *Program
	Made     map[string]bool                // containers that exist
	Runs     map[string]*Run                // by container
	Bridges  map[string]bool                // networks that exist
	At       map[string][]kernel.Attachment // by container
	Limits   map[string]project.Resources   // that hold for what runs, by container
	Store    imageconfig.Set                // by the text in the file; nil: all texts are images without a configuration
	Contents map[string][]byte              // of configs and secrets, by digest
	Saying   []string                       // for the user, once
	// OnRewire and OnLimit are called before a change, OnExec before a command, with the lock.
	OnRewire func(c *kernel.Container, attach func() error) error
	OnLimit  func(c *kernel.Container) error
	OnExec   func(c *kernel.Container) error

	t       testing.TB
	busy    map[string]bool
	calls   []string
	volumes map[string]bool
	execs   int
	last    map[string]int // the highest run number of each container
	wg      sync.WaitGroup
}

// Run is a run of a container, or of a command executed in one.
type Run struct {
	Program Program
	Over    chan struct{} // closed when it has ended
	id      string
	n       int
	started time.Time
	exit    kernel.Exit
	paused  bool
	pending *kernel.Exit // what a signal does when it goes on
	once    sync.Once
}

// New makes a kernel in which nothing exists.
func New(t testing.TB) *Kernel {
	f := &Kernel{
		t: t, Programs: map[string]Program{}, Made: map[string]bool{}, Runs: map[string]*Run{},
		busy: map[string]bool{}, Bridges: map[string]bool{}, At: map[string][]kernel.Attachment{}, volumes: map[string]bool{},
		last: map[string]int{},
	}
	t.Cleanup(f.end)
	return f
}

// end ends all that runs, so that no goroutine of the fake stays.
func (f *Kernel) end() {
	f.Mu.Lock()
	for _, r := range f.Runs {
		r.Die(kernel.Exit{Code: 137, Signal: syscall.SIGKILL})
	}
	f.Mu.Unlock()
	f.wg.Wait()
}

// Die ends the run, unless it has ended.
func (r *Run) Die(e kernel.Exit) {
	r.once.Do(func() {
		e.At = time.Now()
		r.exit = e
		close(r.Over)
	})
}

// later ends a run after d, unless it ends before.
func (f *Kernel) later(r *Run, d time.Duration, e kernel.Exit) {
	f.wg.Go(func() {
		select {
		case <-time.After(d):
			r.Die(e)
		case <-r.Over:
		}
	})
}

// Lives reports that it has not ended.
func (r *Run) Lives() bool {
	select {
	case <-r.Over:
		return false
	default:
		return true
	}
}

// handle makes the kernel.Run that a supervisor gets.
func (f *Kernel) handle(r *Run) *kernel.Run {
	done := make(chan kernel.Exit, 1)
	f.wg.Go(func() {
		<-r.Over
		done <- r.exit
		close(done)
	})
	return &kernel.Run{ID: r.id, PID: 1000 + r.n, Started: r.started, Done: done}
}

// enter notes a call and refuses two at a time for one container.
func (f *Kernel) enter(call, name string) func() {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if f.busy[name] {
		f.t.Errorf("%s %s while another call for it is under way", call, name)
	}
	f.busy[name] = true
	f.calls = append(f.calls, call+" "+name)
	return func() { f.Mu.Lock(); f.busy[name] = false; f.Mu.Unlock() }
}

// Images implements kernel.Runtime.
func (f *Kernel) Images(_ context.Context, services []project.Service, say func(name, status string)) (imageconfig.Set, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	found := imageconfig.Set{}
	for _, s := range services {
		img, ok := f.Store[s.Image]
		if !ok && f.Store != nil {
			return nil, fmt.Errorf("service %q: no such image: %s", s.Name, s.Image)
		}
		if f.Store != nil {
			say(s.Image, "Loading")
			say(s.Image, "Loaded")
			found[s.Name] = img
		}
	}
	return found, nil
}

// Set says how the containers of a service behave from their next run on.
func (f *Kernel) Set(service string, p Program) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	f.Programs[service] = p
}

// Calls are those that were made since ClearCalls, by name and object.
func (f *Kernel) Calls() []string {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	return slices.Clone(f.calls)
}

// ClearCalls forgets them.
func (f *Kernel) ClearCalls() {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	f.calls = nil
}

// Live names the containers that run.
func (f *Kernel) Live() []string {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	var names []string
	for name, r := range f.Runs {
		if r.Lives() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Crash ends the run of a container with a code, from outside.
func (f *Kernel) Crash(name string, code int) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	f.Runs[name].Die(kernel.Exit{Code: code})
}

// EnsureVolumes implements kernel.Runtime.
func (f *Kernel) EnsureVolumes(_ context.Context, p *project.Project) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	for _, v := range p.Volumes {
		f.volumes[v.Name] = true
	}
	return nil
}

// RemoveVolumes implements kernel.Runtime.
func (f *Kernel) RemoveVolumes(_ context.Context, p *project.Project) ([]string, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	var names []string
	for _, v := range p.Volumes {
		delete(f.volumes, v.Name)
		names = append(names, v.Name)
	}
	return names, nil
}

// KeepContents implements kernel.Runtime.
func (f *Kernel) KeepContents(contents map[string][]byte, used []string) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	kept := map[string][]byte{}
	for _, digest := range used {
		if c, ok := f.Contents[digest]; ok {
			kept[digest] = c
		}
	}
	maps.Copy(kept, contents)
	f.Contents = kept
	return nil
}

// Find is a run by its id, nil if there is none.
func (f *Kernel) Find(id string) *Run {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	for _, r := range f.Runs {
		if r.id == id {
			return r
		}
	}
	return nil
}

// CheckPorts implements kernel.Runtime.
func (f *Kernel) CheckPorts([]*project.Service) error { return nil }

// SetHealthy implements kernel.Runtime.
func (f *Kernel) SetHealthy(*kernel.Container, bool) {}

// Ports implements kernel.Runtime.
func (f *Kernel) Ports(*kernel.Container) []kernel.PublishedPort { return nil }

// CheckUplink implements kernel.Runtime.
func (f *Kernel) CheckUplink(context.Context, project.Uplink) error { return nil }

// Trouble implements kernel.Runtime.
func (f *Kernel) Trouble() string { return "" }

// Happenings implements kernel.Runtime.
func (f *Kernel) Happenings() <-chan kernel.Happening { return nil }

// Notices implements kernel.Runtime.
func (f *Kernel) Notices() []string {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	list := f.Saying
	f.Saying = nil
	return list
}

// Vanish takes all runs away without a trace, as the end of the holder does.
func (f *Kernel) Vanish() {
	f.end()
	f.Mu.Lock()
	defer f.Mu.Unlock()
	clear(f.Runs)
	clear(f.Made)
	clear(f.Bridges)
}

// Usage implements kernel.Runtime.
func (f *Kernel) Usage(context.Context) ([]api.Usage, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	var list []api.Usage
	for name, r := range f.Runs {
		if r.Lives() {
			used := time.Since(r.started)
			list = append(list, api.Usage{Name: name, Run: r.id, CPU: &used})
		}
	}
	return list, nil
}
