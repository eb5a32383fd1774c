package client

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// Watching is develop.watch at work on a project.
type Watching interface {
	// Run does what is due until ctx ends. ready is called when initial_sync is done.
	Run(ctx context.Context, ready func())
	// Close releases what New has taken; Run has ended.
	Close()
}

// WatchSetup says what a Watching is about.
type WatchSetup struct {
	Target   Target
	Services []string // whose rules count; none = all
	Up       *UpOptions
	Quiet    bool // no output of builds
	Prune    bool // remove the image that a build replaces
	Say      func(line string)
	Print    func(line string) // output of commands
}

// NewWatching reads what is watched: changes from now on are noticed. It is set once
// before the first command runs; without it nothing can be watched.
var NewWatching = func(context.Context, *Env, WatchSetup) (Watching, error) {
	return nil, errors.New("this build cannot watch files")
}

// watcher is the Watching of an up, which may begin and end several times. A nil one
// never does.
type watcher struct {
	open func(context.Context) (Watching, error)

	mu         sync.Mutex
	say, print func(string)
	w          Watching // read, but not running
	end        func()   // of the running one
	ended      chan struct{}
}

// prepareWatch reads what is watched before images are built, so that what changes
// meanwhile is noticed.
func (e *Env) prepareWatch(ctx context.Context, t Target, o *UpOptions, services []string) (*watcher, error) {
	if o.Detached() || !watched(t.Project) {
		if o.Watch {
			return nil, ErrUnwatched
		}
		return nil, nil
	}
	w := &watcher{say: e.Warn, print: e.Warn}
	w.open = func(ctx context.Context) (Watching, error) {
		return NewWatching(ctx, e, WatchSetup{Target: t, Services: services, Up: o, Prune: true,
			Say: func(line string) { w.speaker(false)(line) }, Print: func(line string) { w.speaker(true)(line) }})
	}
	var err error
	if o.Watch {
		w.w, err = w.open(ctx)
	}
	return w, err
}

// ErrUnwatched: no rule says what to watch.
var ErrUnwatched = errors.New("none of the selected services is configured for watch, consider setting a 'develop' section")

// watched reports that a service has rules.
func watched(p *project.Project) bool {
	return slices.ContainsFunc(p.Services, func(s project.Service) bool { return len(s.Watch) > 0 })
}

func (w *watcher) speaker(output bool) func(string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if output {
		return w.print
	}
	return w.say
}

func (w *watcher) running() bool {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end != nil
}

// start begins to watch.
func (w *watcher) start(ctx context.Context) error {
	w.mu.Lock()
	next := w.w
	w.w = nil
	w.mu.Unlock()
	if next == nil {
		var err error
		if next, err = w.open(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	w.mu.Lock()
	w.end, w.ended = cancel, ended
	w.mu.Unlock()
	go func() {
		defer close(ended)
		next.Run(ctx, func() { w.speaker(false)("Watch enabled") })
		next.Close()
	}()
	return nil
}

// cancel ends the watch without waiting.
func (w *watcher) cancel() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end != nil {
		w.end()
		w.end = nil
	}
}

// stop ends the watch, and waits until what was under way has ended.
func (w *watcher) stop() {
	if w == nil {
		return
	}
	w.cancel()
	w.mu.Lock()
	ended := w.ended
	w.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// close releases a watch that has not begun.
func (w *watcher) close() {
	if w != nil && w.w != nil {
		w.w.Close()
		w.w = nil
	}
}

// startWatch begins to watch, and says what it does between the log lines.
func (a *attached) startWatch(ctx context.Context) {
	w := a.watcher
	w.mu.Lock()
	w.say = func(line string) { a.out.follower.Say(a.watchPrefix() + line) }
	w.print = a.out.follower.Say
	w.mu.Unlock()
	if err := w.start(ctx); err != nil {
		a.tell(err.Error())
	}
	a.showMenu()
}

// watchPrefix stands where log lines have the name of their container.
func (a *attached) watchPrefix() string {
	if !a.format.Prefix {
		return ""
	}
	mark := "⦿"
	if !a.env.unicode() {
		mark = "*"
	}
	text := strings.Repeat(" ", a.format.Width+1) + " " + mark + " "
	if a.format.Color {
		return "\x1b[92m" + text + "\x1b[0m"
	}
	return text
}

// DetachedUp are the flags of an up that others make: it returns when all is started.
func DetachedUp(quiet bool) *UpOptions {
	return &UpOptions{Detach: true, Timeout: -1, keepUplink: true, images: Imaging{QuietPull: quiet, QuietBuild: quiet}}
}

// Enabled refuses services that the files do not have, or that a profile disables.
func Enabled(p *project.Project, services []string) error { return enabled(p, services) }

// Renew replaces the containers of a service whose image is another one, and starts those
// that have ended. The project is as an up has left it.
func (e *Env) Renew(ctx context.Context, t Target, o *UpOptions, service string) error {
	r := (&UpOptions{Timeout: o.Timeout, NoDeps: true}).request(t.Project, []string{service}, false)
	return e.call(ctx, t.Name, starting, api.Request{Op: api.OpUp, Up: r}, e.progress().answer)
}
