package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

// program is how the containers of a service behave.
type program struct {
	life     time.Duration // until it ends by itself; 0 = for ever
	code     int           // of that end
	deaf     bool          // ignores the stop signal, provably
	stubborn bool          // ignores the stop signal, not provably
	dying    time.Duration // from the stop signal to its end
	startErr error
	pauseErr error
	slow     time.Duration // what Start takes
	probe    func(age time.Duration) (code int, took time.Duration)
	hook     func(args []string) (code int, took time.Duration) // of commands that begin with "hook"
}

// fakeRuntime is a kernel in memory. It outlives supervisors, and checks that
// they keep the rules of Runtime.
type fakeRuntime struct {
	fakeLimits
	notices  []string // for the user, once
	t        testing.TB
	mu       sync.Mutex
	programs map[string]program
	made     map[string]bool
	runs     map[string]*fakeRun
	busy     map[string]bool
	calls    []string
	networks map[string]bool
	at       map[string][]Attachment                       // by container
	onRewire func(c *Container, attach func() error) error // before a rewiring, with the lock
	contents map[string][]byte
	volumes  map[string]bool
	execs    int
	last     map[string]int  // the highest run number of each container
	images   imageconfig.Set // by the text in the file; nil: all texts are images without a configuration
	wg       sync.WaitGroup
}

type fakeRun struct {
	id      string
	n       int
	started time.Time
	prog    program
	exit    Exit
	over    chan struct{}
	paused  bool
	pending *Exit // what a signal does when it goes on
	once    sync.Once
}

func newFake(t testing.TB) *fakeRuntime {
	f := &fakeRuntime{
		t: t, programs: map[string]program{}, made: map[string]bool{}, runs: map[string]*fakeRun{},
		busy: map[string]bool{}, networks: map[string]bool{}, at: map[string][]Attachment{}, volumes: map[string]bool{},
		last: map[string]int{},
	}
	t.Cleanup(f.end)
	return f
}

// end ends all that runs, so that no goroutine of the fake stays.
func (f *fakeRuntime) end() {
	f.mu.Lock()
	for _, r := range f.runs {
		r.die(Exit{Code: 137, Signal: syscall.SIGKILL})
	}
	f.mu.Unlock()
	f.wg.Wait()
}

func (r *fakeRun) die(e Exit) {
	r.once.Do(func() {
		e.At = time.Now()
		r.exit = e
		close(r.over)
	})
}

// later ends a run after d, unless it ends before.
func (f *fakeRuntime) later(r *fakeRun, d time.Duration, e Exit) {
	f.wg.Go(func() {
		select {
		case <-time.After(d):
			r.die(e)
		case <-r.over:
		}
	})
}

func (r *fakeRun) live() bool {
	select {
	case <-r.over:
		return false
	default:
		return true
	}
}

// handle makes the Run that a supervisor gets.
func (f *fakeRuntime) handle(r *fakeRun) *Run {
	done := make(chan Exit, 1)
	f.wg.Go(func() {
		<-r.over
		done <- r.exit
		close(done)
	})
	return &Run{ID: r.id, PID: 1000 + r.n, Started: r.started, Done: done}
}

// enter notes a call and refuses two at a time for one container.
func (f *fakeRuntime) enter(call, name string) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy[name] {
		f.t.Errorf("%s %s while another call for it is under way", call, name)
	}
	f.busy[name] = true
	f.calls = append(f.calls, call+" "+name)
	return func() { f.mu.Lock(); f.busy[name] = false; f.mu.Unlock() }
}

// Images implements Runtime.
func (f *fakeRuntime) Images(_ context.Context, services []project.Service, say func(name, status string)) (imageconfig.Set, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := imageconfig.Set{}
	for _, s := range services {
		img, ok := f.images[s.Image]
		if !ok && f.images != nil {
			return nil, fmt.Errorf("service %q: no such image: %s", s.Name, s.Image)
		}
		if f.images != nil {
			say(s.Image, "Loading")
			say(s.Image, "Loaded")
			found[s.Name] = img
		}
	}
	return found, nil
}

// set says how the containers of a service behave from their next run on.
func (f *fakeRuntime) set(service string, p program) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.programs[service] = p
}

func (f *fakeRuntime) callLog() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *fakeRuntime) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = nil
}

// live names the containers that run.
func (f *fakeRuntime) live() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name, r := range f.runs {
		if r.live() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// crash ends the run of a container with a code, from outside.
func (f *fakeRuntime) crash(name string, code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs[name].die(Exit{Code: code})
}

func (f *fakeRuntime) EnsureVolumes(_ context.Context, p *project.Project) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range p.Volumes {
		f.volumes[v.Name] = true
	}
	return nil
}

func (f *fakeRuntime) RemoveVolumes(_ context.Context, p *project.Project) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for _, v := range p.Volumes {
		delete(f.volumes, v.Name)
		names = append(names, v.Name)
	}
	return names, nil
}

func (f *fakeRuntime) KeepContents(contents map[string][]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.contents = contents
	return nil
}

func (f *fakeRuntime) Create(_ context.Context, c *Container) error {
	defer f.enter("create", c.Name)()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made[c.Name] = true
	return f.attach(c)
}

func (f *fakeRuntime) Start(ctx context.Context, c *Container, run int) (*Run, error) {
	defer f.enter("start", c.Name)()
	f.mu.Lock()
	prog := f.programs[c.Service.Name]
	if run <= f.last[c.Name] {
		f.t.Errorf("start %s: run %d after run %d", c.Name, run, f.last[c.Name])
	}
	f.last[c.Name] = run
	f.mu.Unlock()
	if prog.slow > 0 {
		select {
		case <-time.After(prog.slow):
		case <-ctx.Done():
			return nil, &StartError{Stage: "exec", Object: c.Name, Err: ctx.Err()}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if prog.startErr != nil {
		return nil, prog.startErr
	}
	if !f.made[c.Name] {
		f.t.Errorf("start %s: not created", c.Name)
	}
	if old := f.runs[c.Name]; old != nil && old.live() {
		f.t.Errorf("start %s: it runs", c.Name)
	}
	r := &fakeRun{id: fmt.Sprintf("%s/%d", c.Name, run), n: run, started: time.Now(), prog: prog, over: make(chan struct{})}
	f.runs[c.Name] = r
	f.limit(c)
	if prog.life > 0 {
		f.later(r, prog.life, Exit{Code: prog.code})
	}
	return f.handle(r), nil
}

func (f *fakeRuntime) Stopped(_ context.Context, c *Container) error {
	defer f.enter("stopped", c.Name)()
	return nil
}

func (f *fakeRuntime) Remove(_ context.Context, c *Container, _ bool) error {
	defer f.enter("remove", c.Name)()
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.runs[c.Name]; r != nil && r.live() {
		f.t.Errorf("remove %s: it runs", c.Name)
	}
	delete(f.made, c.Name)
	delete(f.at, c.Name)
	delete(f.runs, c.Name)
	delete(f.last, c.Name)
	return nil
}

func (f *fakeRuntime) Exec(_ context.Context, c *Container, spec ExecSpec, files [3]*os.File) (*Run, *os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	host := f.runs[c.Name]
	if host == nil || !host.live() {
		return nil, nil, errors.New("it does not run")
	}
	f.execs++
	r := &fakeRun{id: fmt.Sprintf("%s/exec-%d", c.Name, f.execs), n: f.execs, started: time.Now(), prog: host.prog, over: make(chan struct{})}
	f.runs[r.id] = r
	f.wg.Go(func() { // what is executed inside ends with the container
		select {
		case <-host.over:
			r.die(Exit{Code: 137, Signal: syscall.SIGKILL})
		case <-r.over:
		}
	})
	if spec.Args[0] == "hook" {
		f.calls = append(f.calls, strings.Join(append([]string{"exec", c.Name}, spec.Args...), " "))
		code, took := 0, time.Duration(0)
		if host.prog.hook != nil {
			code, took = host.prog.hook(spec.Args)
		}
		fmt.Fprintf(files[2], "the secret word of %s", c.Name)
		f.later(r, took, Exit{Code: code})
	} else if host.prog.probe != nil {
		code, took := host.prog.probe(time.Since(host.started))
		fmt.Fprintf(files[1], "probe of %s says %d", c.Name, code)
		f.later(r, took, Exit{Code: code})
	} else if spec.Args[0] != "wait" {
		r.die(Exit{Code: 7})
	}
	return f.handle(r), nil, nil
}

// Copy writes what it was asked into the stream.
func (f *fakeRuntime) Copy(_ context.Context, c *Container, job copytar.Job, stream *os.File) ([]string, error) {
	if job.Path == "/missing" {
		return nil, errors.New("could not find the file /missing")
	}
	_, err := fmt.Fprintf(stream, "%s %+v", c.Name, job)
	return []string{`"dev" is a device and was left out`}, err
}

func (f *fakeRuntime) find(id string) *fakeRun {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.runs {
		if r.id == id {
			return r
		}
	}
	return nil
}

func (f *fakeRuntime) Signal(run *Run, sig syscall.Signal) error {
	f.mu.Lock()
	f.calls = append(f.calls, fmt.Sprintf("signal %s %d", run.ID, int(sig)))
	f.mu.Unlock()
	r := f.find(run.ID)
	if r == nil || r.prog.deaf || r.prog.stubborn {
		return nil
	}
	f.mu.Lock()
	if r.paused {
		r.pending = &Exit{Code: 128 + int(sig), Signal: sig}
		f.mu.Unlock()
		return nil
	}
	f.mu.Unlock()
	if r.prog.dying == 0 {
		r.die(Exit{Code: 128 + int(sig), Signal: sig})
		return nil
	}
	f.later(r, r.prog.dying, Exit{Code: 0})
	return nil
}

func (f *fakeRuntime) Kill(run *Run) error {
	f.mu.Lock()
	f.calls = append(f.calls, "kill "+run.ID)
	f.mu.Unlock()
	if r := f.find(run.ID); r != nil {
		r.die(Exit{Code: 137, Signal: syscall.SIGKILL})
	}
	return nil
}

func (f *fakeRuntime) Ignores(run *Run, _ syscall.Signal) bool {
	r := f.find(run.ID)
	return r != nil && r.prog.deaf
}

func (f *fakeRuntime) Pause(run *Run) error   { return f.freeze("pause", run, true) }
func (f *fakeRuntime) Unpause(run *Run) error { return f.freeze("unpause", run, false) }

func (f *fakeRuntime) freeze(call string, run *Run, on bool) error {
	r := f.find(run.ID)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call+" "+run.ID)
	if r == nil {
		return nil
	}
	if on && r.prog.pauseErr != nil {
		return r.prog.pauseErr
	}
	r.paused = on
	if !on && r.pending != nil {
		r.die(*r.pending)
	}
	return nil
}

// Log is nowhere: what is written is looked at where it is copied.
func (f *fakeRuntime) Log(*Container) (files [2]*os.File, err error) {
	for i := range files {
		if files[i], err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
			return files, err
		}
	}
	return files, nil
}

func (f *fakeRuntime) LogTail(_ context.Context, c *Container, _ time.Time, _ int) (string, error) {
	return "last words of " + c.Name, nil
}

func (f *fakeRuntime) Input(*Container) (*os.File, error) { return nil, nil }

func (f *fakeRuntime) Relog(*Container) error { return nil }

func (f *fakeRuntime) HoldLog(*Container) (*os.File, error) { return os.Open(os.DevNull) }

func (f *fakeRuntime) Dial(context.Context, *Container, uint16) (net.Conn, error) {
	return nil, errors.New("nobody listens")
}

func (f *fakeRuntime) FollowLog(ctx context.Context, _ *Container, _ time.Time, _ func([]byte) bool) error {
	<-ctx.Done()
	return ctx.Err()
}

func (f *fakeRuntime) Notifications(ctx context.Context, _ *Container, _ func(string) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func (f *fakeRuntime) CheckPorts([]*project.Service) error { return nil }
func (f *fakeRuntime) SetHealthy(*Container, bool)         {}
func (f *fakeRuntime) Ports(*Container) []PublishedPort    { return nil }

func (f *fakeRuntime) CheckUplink(context.Context, project.Uplink) error { return nil }
func (f *fakeRuntime) Trouble() string                                   { return "" }
func (f *fakeRuntime) Happenings() <-chan Happening                      { return nil }

func (f *fakeRuntime) Notices() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.notices
	f.notices = nil
	return list
}

func (f *fakeRuntime) Adopt(_ context.Context, known map[string]Known) (map[string]*Run, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	runs := map[string]*Run{}
	for name, k := range known {
		if f.made[name] {
			_ = f.attach(k.Container) // as the record has it, if that is possible
		}
	}
	for name, r := range f.runs {
		k, ok := known[name]
		if !ok || k.Run != r.n {
			r.die(Exit{Code: 137, Signal: syscall.SIGKILL})
			continue
		}
		runs[name] = f.handle(r)
	}
	return runs, nil
}
