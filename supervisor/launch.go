package supervisor

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
	createLimit  = 10 * time.Minute
	startLimit   = time.Minute
	releaseLimit = time.Minute
	removeLimit  = 5 * time.Minute
)

// add makes an instance and creates its container, unless the name is taken. Called on the loop.
func (s *Supervisor) add(c Container) bool {
	if s.instances[c.Name] != nil {
		return false
	}
	i := &instance{rec: Replica{Container: c, State: Creating}}
	s.instances[c.Name] = i
	s.enter(i, Creating)
	s.emit(i, "create")
	s.then(func() {
		ctx, cancel := context.WithTimeout(s.ctx, createLimit)
		defer cancel()
		err := s.ensure(ctx)
		if err == nil {
			err = s.rt.Create(ctx, &c)
		}
		s.postResult(c.Name, err, Made, MakeFailed)
	}, func(err error) { s.postResult(c.Name, err, Made, MakeFailed) })
	return true
}

// postResult turns the error of a runtime call into one of two events.
func (s *Supervisor) postResult(name string, err error, good, bad Event) {
	kind := good
	if err != nil {
		kind = bad
	}
	s.post(event{kind: kind, name: name, err: err})
}

func (s *Supervisor) made(i *instance, e event) {
	i.prepared = e.err == nil
	i.trouble = e.err
	if i.rec.Reason, i.rec.Detail, i.rec.Hint = ReasonNone, "", ""; e.err != nil {
		i.rec.Reason, i.rec.Detail, i.rec.Hint = ReasonStartFailed, e.err.Error(), door.AnswerFor(e.err).Error.Hint
	}
	s.enter(i, Created)
	if i.again && e.err == nil {
		s.launch(i, e)
	}
}

// launch starts the next run. Only a command resets the count of restarts.
func (s *Supervisor) launch(i *instance, e event) {
	if e.kind == CmdStart {
		i.rec.Desired = WantRunning
		if !e.auto {
			i.rec.Restarts, i.rec.Counted, i.rec.Backoff = 0, 0, 0
		}
	}
	i.rec.Held, i.again = false, false
	i.rec.Setup, i.rec.Told, i.rec.HooksDone, i.rec.Unfit = false, false, 0, nil
	i.rec.Run++
	i.rec.Due = time.Time{}
	s.enter(i, Starting)
	ctx, cancel := context.WithTimeout(s.ctx, startLimit+createLimit)
	i.cancel = cancel
	i.pending = stopOrder{}
	c, run, prepared := i.rec.Container, i.rec.Run, i.prepared
	s.then(func() {
		defer cancel()
		r, err := s.bringUp(ctx, &c, run, prepared)
		if err != nil {
			s.post(event{kind: LaunchFailed, name: c.Name, err: err})
			return
		}
		s.post(event{kind: Launched, name: c.Name, run: r})
		s.watch(c.Name, r)
	}, func(err error) {
		cancel()
		s.post(event{kind: LaunchFailed, name: c.Name, err: err})
	})
}

// bringUp starts a run; first it makes what an earlier supervisor, or an
// earlier holder, may have taken with it.
func (s *Supervisor) bringUp(ctx context.Context, c *Container, run int, prepared bool) (*Run, error) {
	if !prepared {
		if err := s.remake(ctx, c); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return s.rt.Start(ctx, c, run)
}

// remake makes what a container needs to start, unless it is there.
func (s *Supervisor) remake(ctx context.Context, c *Container) error {
	if err := s.ensure(ctx); err != nil {
		return err
	}
	return s.rt.Create(ctx, c)
}

// watch reports the end of a run.
func (s *Supervisor) watch(name string, r *Run) {
	select {
	case e := <-r.Done:
		s.post(event{kind: Ended, name: name, run: r, exit: e})
	case <-s.ctx.Done():
	}
}

// relaunch is a command to start that comes during a back-off.
func (s *Supervisor) relaunch(i *instance, e event) { s.launch(i, e) }

func (s *Supervisor) launched(i *instance, e event) {
	i.prepared, i.cancel, i.again = true, nil, false
	i.run = e.run
	i.rec.Started, i.rec.Finished = e.run.Started, time.Time{}
	if i.rec.Started.IsZero() {
		i.rec.Started = time.Now()
	}
	i.rec.Exit, i.rec.Reason, i.rec.Detail, i.rec.Hint, i.rec.Sent = nil, ReasonNone, "", "", nil
	i.rec.Health, i.rec.Parts = policy.Fresh(&i.rec.Service), nil
	s.enter(i, Running)
	s.news.Attachments(&i.rec, "connect")
	s.emit(i, "start")
	switch {
	case i.rec.Held:
		s.attempted(i, nil)
		s.endRun(i, stopOrder{Bare: true})
	case i.rec.Desired == WantStopped:
		// The stop came while Start was past the point of return.
		s.attempted(i, nil)
		i.pending.Bare = true
		s.endRun(i, i.pending)
	default:
		s.startMonitor(i)
		s.setUp(i)
	}
}

// attempted is a start that has come to a result.
func (s *Supervisor) attempted(i *instance, err error) { i.attempts, i.failure = i.attempts+1, err }

func (s *Supervisor) launchFailed(i *instance, e event) {
	i.cancel = nil
	s.attempted(i, e.err)
	switch {
	case s.holderDied(e.err):
		s.lost(i, "the project's holder died")
		s.emit(i, "die")
	case i.again:
		s.enter(i, i.rec.Idle())
		s.launch(i, e)
	case i.rec.Held:
		i.rec.Reason, i.rec.Detail = ReasonDependency, ""
		s.enter(i, i.rec.Idle())
	case i.rec.Desired == WantStopped:
		i.failure = turns.ErrSuperseded
		i.rec.Reason, i.rec.Detail = ReasonStopped, ""
		s.enter(i, i.rec.Idle())
		s.emit(i, "stop")
	default:
		s.startImpossible(i)
	}
}

// notStarted is the exit code of a start that failed before there was a program
// to execute: docker's exitUnknown.
const notStarted = 128

// startImpossible records a start that failed by itself. A command's start is
// final: the user reads the error. A policy's counts as one more failed run. A
// container that has never run stays "created", with an exit code, as in docker.
func (s *Supervisor) startImpossible(i *instance) {
	i.rec.Reason, i.rec.Detail = ReasonStartFailed, i.failure.Error()
	i.rec.Exit = &Exit{Code: notStarted, At: time.Now()}
	if i.rec.Restarts > 0 {
		i.rec.Finished = i.rec.Exit.At
	}
	var start *StartError
	if errors.As(i.failure, &start) && start.Code != 0 {
		i.rec.Exit.Code = start.Code
	}
	i.rec.Hint = door.AnswerFor(i.failure).Error.Hint
	i.rec.Remember()
	if i.rec.Restarts == 0 || !s.scheduleRestart(i) {
		i.rec.Desired = WantStopped
		s.enter(i, i.rec.Idle())
	}
	s.emit(i, "die")
}
