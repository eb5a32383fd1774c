package watchcmd

import (
	"context"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/session"
	"github.com/mocker-compose/mocker-compose/internal/watch"
)

// again is the pause before the events of a project that does not run are asked for once
// more: there is no event for its coming.
const again = time.Second

// watching is a session.Watching.
type watching struct {
	w       *watch.Watcher
	cancel  func()
	release func()
}

// New reads what is watched. It is what client.NewWatching is set to.
func New(ctx context.Context, e *client.Env, setup client.WatchSetup) (session.Watching, error) {
	list, err := rules(setup.Target.Project, setup.Services, e.Warn)
	if err != nil {
		return nil, err
	}
	release, err := claim(e, setup.Target.Name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var do watch.Actions = &actions{env: e, setup: setup, prune: map[string]func(context.Context) error{}}
	if e.Global.DryRun {
		do = dry{do}
	}
	arrivals := make(chan string)
	w, err := watch.New(ctx, list, watch.Options{
		Actions: do, Say: setup.Say, Arrivals: arrivals,
		Warn: func(line string) { setup.Say("WARN " + line) },
	})
	if err != nil {
		cancel()
		release()
		return nil, err
	}
	go attend(ctx, e, setup.Target.Name, arrivals)
	return &watching{w, cancel, release}, nil
}

// Run implements session.Watching.
func (w *watching) Run(ctx context.Context, ready func()) { w.w.Run(ctx, ready) }

// Close implements session.Watching.
func (w *watching) Close() {
	w.cancel()
	w.w.Close()
	w.release()
}

// attend names the services whose containers start. What started between two
// subscriptions is told by the second, as there.
func attend(ctx context.Context, e *client.Env, name string, arrivals chan<- string) {
	for ctx.Err() == nil {
		// However it ends, by the project's or a supervisor's end, the next is asked.
		_ = e.Events(ctx, name, nil, func(ev *api.Event) error {
			if ev.Type != "" || ev.OneOff || ev.Action != "start" && ev.Action != "exists" {
				return nil
			}
			select {
			case arrivals <- ev.Service:
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

// dry does nothing but ask.
type dry struct{ watch.Actions }

func (dry) Sync(context.Context, watch.Container, *watch.Rule, []string) error { return nil }
func (dry) Build(context.Context, string) error                                { return nil }
func (dry) Replace(context.Context, string) (bool, error)                      { return false, nil }
func (dry) Restart(context.Context, string) error                              { return nil }
func (dry) Exec(_ context.Context, c watch.Container, r *watch.Rule) (int, error) {
	return 0, fmt.Errorf("dry run: %q is not executed", r.Exec.Command)
}
