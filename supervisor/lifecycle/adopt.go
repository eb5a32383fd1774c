package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/supervisor/capture"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/news"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// adoptLimit bounds the runtime's look at what is left.
const adoptLimit = time.Minute

// New takes a project over: its record, if there is one, and what still runs. The run
// directory of the project must be ours; ctx bounds the loop's life as Close does.
func New(ctx context.Context, cfg Config) (*Loop, error) {
	l := &Loop{
		cfg: cfg, rt: cfg.Runtime, parent: ctx,
		inbox: make(chan message), over: make(chan struct{}), ready: make(chan struct{}, 1),
		Instances: map[string]*Instance{}, waiters: map[*waiter]struct{}{}, News: news.New(cfg.Project),
	}
	if cfg.Capture == nil {
		l.cfg.Capture, l.cfg.Tee = capture.Pipe, capture.Tee
	}
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.ready <- struct{}{}
	if err := l.load(); err != nil {
		l.cancel()
		return nil, err
	}
	go l.loop()
	_ = l.Ask(func() {}) // the loop settles and acts on what load found
	go l.tellHappenings()
	return l, nil
}

// load reads the record and asks the runtime what of it is alive.
func (l *Loop) load() error {
	rec, sameBoot, err := record.Read(l.cfg.Dirs.StateFile(l.cfg.Project))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case errors.Is(err, state.ErrCorrupt):
		l.Report(err.Error() + ": containers of which nothing is known are ended")
	case err != nil:
		return err
	}
	l.Desired, l.Networks, l.Defined, l.Volumes, l.Failure = rec.Project, rec.Networks, rec.Defined, rec.Volumes, rec.Failure
	l.Born, l.Rollouts = rec.Born, rec.Rollouts
	known := map[string]kernel.Known{}
	for _, r := range rec.Containers {
		i := &Instance{Rec: r}
		l.Instances[r.Name] = i
		l.disarm(i)
		known[r.Name] = kernel.Known{Container: &i.Rec.Container, Run: r.Run}
	}
	ctx, cancel := context.WithTimeout(l.ctx, adoptLimit)
	defer cancel()
	runs, err := l.rt.Adopt(ctx, known)
	if err != nil {
		return fmt.Errorf("take over project %s: %w", l.cfg.Project, err)
	}
	for name, i := range l.Instances {
		if i.Rec.State != Removing { // then its client had all it wants
			l.expectClient(i)
		}
		l.resume(i, runs[name], sameBoot)
		l.resumeLimits(i)
	}
	return nil
}

// resume puts one recorded container into the state that it is really in.
func (l *Loop) resume(i *Instance, run *Run, sameBoot bool) {
	// An end that is on record already may be told again: that run is over.
	if run != nil && i.Rec.Live() && i.Rec.State != Ending {
		l.resumeRun(i, run)
		return
	}
	if !sameBoot {
		l.lost(i, "the machine was restarted")
		return
	}
	switch i.Rec.State {
	case Creating:
		l.enter(i, Created)
	case Removing:
		l.enter(i, i.Rec.Idle())
	case Starting:
		// It was about to run, and nothing of it is left: once more.
		l.enter(i, i.Rec.Idle())
		// A one-off container is started by its client, who comes again.
		if !i.Rec.Held && i.Rec.Desired == WantRunning && i.Rec.OneOff == nil {
			l.launch(i, event{kind: BackoffOver})
		}
	case Running, Stopping, Paused:
		l.lost(i, "it vanished while nobody looked after it")
	case Ending:
		l.enter(i, Ending)
		l.release(i)
	case Waiting:
		l.enter(i, Waiting)
		// The wall clock may have jumped: never wait longer than the back-off says.
		l.arm(i, min(max(0, time.Until(i.Rec.Due)), i.Rec.Backoff), BackoffOver)
	case Created, Exited:
	}
}

func (l *Loop) resumeRun(i *Instance, run *Run) {
	i.prepared, i.Run = true, run
	starting := i.Rec.State == Starting
	if starting {
		i.Rec.Started = run.Started
		i.Rec.Exit, i.Rec.Reason, i.Rec.Detail = nil, ReasonNone, ""
		i.Rec.Health, i.Rec.Parts = policy.Fresh(&i.Rec.Service), nil
	}
	name, paused := i.Rec.Name, i.Rec.State == Paused
	switch {
	case i.Rec.State == Stopping || i.Rec.Held || i.Rec.Desired == WantStopped:
		// It may have been paused, and told to stop, and not yet let go on.
		l.enter(i, Paused)
		l.endRun(i, stopOrder{})
	case paused:
		l.enter(i, Paused)
		l.actions = append(l.actions, action{run: func() { l.pauseAgain(name, run) }})
	default:
		l.enter(i, Running)
		l.startMonitor(i)
		if starting || i.Rec.Setup {
			l.setUp(i)
		}
	}
	l.actions = append(l.actions, action{run: func() { l.watch(name, run) }})
}

// lost records that a container does not run any more, for a reason that its
// restart policy is not about: the user decides what comes next.
func (l *Loop) lost(i *Instance, why string) {
	if i.Rec.State != Created && i.Rec.State != Creating {
		if i.Rec.Live() || i.Rec.State == Waiting || i.Rec.Held {
			i.Rec.Reason, i.Rec.Detail = ReasonLost, why
			i.Rec.Exit = &Exit{Code: 137, At: time.Now()}
			i.Rec.Finished = i.Rec.Exit.At
			i.Rec.Remember()
		}
		l.enter(i, Exited)
	} else {
		l.enter(i, Created)
	}
	i.Rec.Held, i.Rec.Due, i.Rec.Desired = false, time.Time{}, WantStopped
	i.Rec.Health = policy.Health{}
}
