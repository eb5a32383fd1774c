package lifecycle

import (
	"context"
	"errors"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

// Bounds for one call of the runtime: far above what it takes, so that a hang
// becomes an error and not a supervisor that waits for ever. Creating may
// unpack an archive of gigabytes.
const (
	CreateLimit  = 10 * time.Minute
	StartLimit   = time.Minute
	releaseLimit = time.Minute
	RemoveLimit  = 5 * time.Minute
)

// add makes an instance and creates its container, unless the name is taken. Called on the loop.
func (l *Loop) add(c Container) bool {
	if l.Instances[c.Name] != nil {
		return false
	}
	i := &Instance{Rec: Replica{Container: c, State: Creating}}
	l.Instances[c.Name] = i
	l.enter(i, Creating)
	l.Emit(i, "create")
	l.then(func() {
		ctx, cancel := context.WithTimeout(l.ctx, CreateLimit)
		defer cancel()
		err := l.Ensure(ctx)
		if err == nil {
			err = l.rt.Create(ctx, &c)
		}
		l.postResult(c.Name, err, Made, MakeFailed)
	}, func(err error) { l.postResult(c.Name, err, Made, MakeFailed) })
	return true
}

// postResult turns the error of a runtime call into one of two events.
func (l *Loop) postResult(name string, err error, good, bad Event) {
	kind := good
	if err != nil {
		kind = bad
	}
	l.post(event{kind: kind, name: name, err: err})
}

func (l *Loop) made(i *Instance, e event) {
	i.prepared = e.err == nil
	i.trouble = e.err
	if i.Rec.Reason, i.Rec.Detail, i.Rec.Hint = ReasonNone, "", ""; e.err != nil {
		i.Rec.Reason, i.Rec.Detail, i.Rec.Hint = ReasonStartFailed, e.err.Error(), door.AnswerFor(e.err).Error.Hint
	}
	l.enter(i, Created)
	if i.again && e.err == nil {
		l.launch(i, e)
	}
}

// launch starts the next run. Only a command resets the count of restarts.
func (l *Loop) launch(i *Instance, e event) {
	if e.kind == CmdStart {
		i.Rec.Desired = WantRunning
		if !e.auto {
			i.Rec.Restarts, i.Rec.Counted, i.Rec.Backoff = 0, 0, 0
		}
	}
	i.Rec.Held, i.again = false, false
	i.Rec.Setup, i.Rec.Told, i.Rec.HooksDone, i.Rec.Unfit = false, false, 0, nil
	i.Rec.Run++
	i.Rec.Due = time.Time{}
	l.enter(i, Starting)
	ctx, cancel := context.WithTimeout(l.ctx, StartLimit+CreateLimit)
	i.cancel = cancel
	i.pending = stopOrder{}
	c, run, prepared := i.Rec.Container, i.Rec.Run, i.prepared
	l.then(func() {
		defer cancel()
		r, err := l.bringUp(ctx, &c, run, prepared)
		if err != nil {
			l.post(event{kind: LaunchFailed, name: c.Name, err: err})
			return
		}
		l.post(event{kind: Launched, name: c.Name, run: r})
		l.watch(c.Name, r)
	}, func(err error) {
		cancel()
		l.post(event{kind: LaunchFailed, name: c.Name, err: err})
	})
}

// bringUp starts a run; first it makes what an earlier supervisor, or an
// earlier holder, may have taken with it.
func (l *Loop) bringUp(ctx context.Context, c *Container, run int, prepared bool) (*Run, error) {
	if !prepared {
		if err := l.Remake(ctx, c); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, StartLimit)
	defer cancel()
	return l.rt.Start(ctx, c, run)
}

// Remake makes what a container needs to start, unless it is there.
func (l *Loop) Remake(ctx context.Context, c *Container) error {
	if err := l.Ensure(ctx); err != nil {
		return err
	}
	return l.rt.Create(ctx, c)
}

// watch reports the end of a run.
func (l *Loop) watch(name string, r *Run) {
	select {
	case e := <-r.Done:
		l.post(event{kind: Ended, name: name, run: r, exit: e})
	case <-l.ctx.Done():
	}
}

// relaunch is a command to start that comes during a back-off.
func (l *Loop) relaunch(i *Instance, e event) { l.launch(i, e) }

func (l *Loop) launched(i *Instance, e event) {
	i.prepared, i.cancel, i.again = true, nil, false
	i.Run = e.run
	i.Rec.Started, i.Rec.Finished = e.run.Started, time.Time{}
	if i.Rec.Started.IsZero() {
		i.Rec.Started = time.Now()
	}
	i.Rec.Exit, i.Rec.Reason, i.Rec.Detail, i.Rec.Hint, i.Rec.Sent = nil, ReasonNone, "", "", nil
	i.Rec.Health, i.Rec.Parts = policy.Fresh(&i.Rec.Service), nil
	l.enter(i, Running)
	l.News.Attachments(&i.Rec, "connect")
	l.Emit(i, "start")
	switch {
	case i.Rec.Held:
		l.attempted(i, nil)
		l.endRun(i, stopOrder{Bare: true})
	case i.Rec.Desired == WantStopped:
		// The stop came while Start was past the point of return.
		l.attempted(i, nil)
		i.pending.Bare = true
		l.endRun(i, i.pending)
	default:
		l.startMonitor(i)
		l.setUp(i)
	}
}

// attempted is a start that has come to a result.
func (l *Loop) attempted(i *Instance, err error) { i.attempts, i.failure = i.attempts+1, err }

func (l *Loop) launchFailed(i *Instance, e event) {
	i.cancel = nil
	l.attempted(i, e.err)
	switch {
	case l.HolderDied(e.err):
		l.lost(i, "the project's holder died")
		l.Emit(i, "die")
	case i.again:
		l.enter(i, i.Rec.Idle())
		l.launch(i, e)
	case i.Rec.Held:
		i.Rec.Reason, i.Rec.Detail = ReasonDependency, ""
		l.enter(i, i.Rec.Idle())
	case i.Rec.Desired == WantStopped:
		i.failure = turns.ErrSuperseded
		i.Rec.Reason, i.Rec.Detail = ReasonStopped, ""
		l.enter(i, i.Rec.Idle())
		l.Emit(i, "stop")
	default:
		l.startImpossible(i)
	}
}

// notStarted is the exit code of a start that failed before there was a program
// to execute: docker's exitUnknown.
const notStarted = 128

// startImpossible records a start that failed by itself. A command's start is
// final: the user reads the error. A policy's counts as one more failed run. A
// container that has never run stays "created", with an exit code, as in docker.
func (l *Loop) startImpossible(i *Instance) {
	i.Rec.Reason, i.Rec.Detail = ReasonStartFailed, i.failure.Error()
	i.Rec.Exit = &Exit{Code: notStarted, At: time.Now()}
	if i.Rec.Restarts > 0 {
		i.Rec.Finished = i.Rec.Exit.At
	}
	var start *StartError
	if errors.As(i.failure, &start) && start.Code != 0 {
		i.Rec.Exit.Code = start.Code
	}
	i.Rec.Hint = door.AnswerFor(i.failure).Error.Hint
	i.Rec.Remember()
	if i.Rec.Restarts == 0 || !l.scheduleRestart(i) {
		i.Rec.Desired = WantStopped
		l.enter(i, i.Rec.Idle())
	}
	l.Emit(i, "die")
}
