package client

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/session"
	"github.com/mocker-compose/mocker-compose/project"
)

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
var NewWatching = func(context.Context, *Env, WatchSetup) (session.Watching, error) {
	return nil, errors.New("this build cannot watch files")
}

// prepareWatch reads what is watched before images are built, so that what changes
// meanwhile is noticed.
func (e *Env) prepareWatch(ctx context.Context, t Target, o *UpOptions, services []string) (*session.Watcher, error) {
	if o.Detached() || !watched(t.Project) {
		if o.Watch {
			return nil, ErrUnwatched
		}
		return nil, nil
	}
	w := &session.Watcher{}
	w.Speak(e.Warn, e.Warn)
	w.Open = func(ctx context.Context) (session.Watching, error) {
		return NewWatching(ctx, e, WatchSetup{Target: t, Services: services, Up: o, Prune: true,
			Say: w.Say, Print: w.Print})
	}
	if o.Watch {
		return w, w.Prepare(ctx)
	}
	return w, nil
}

// ErrUnwatched: no rule says what to watch.
var ErrUnwatched = errors.New("none of the selected services is configured for watch, consider setting a 'develop' section")

// watched reports that a service has rules.
func watched(p *project.Project) bool {
	return slices.ContainsFunc(p.Services, func(s project.Service) bool { return len(s.Watch) > 0 })
}

// startWatch begins to watch, and says what it does between the log lines.
func (a *attached) startWatch(ctx context.Context) {
	a.watcher.Speak(func(line string) { a.out.Say(a.watchPrefix() + line) }, a.out.Say)
	if err := a.watcher.Start(ctx); err != nil {
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
	return e.Demand(ctx, t.Name, api.Request{Op: api.OpUp, Up: r}, e.Progress().Answer)
}
