package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"github.com/mocker-compose/mocker-compose/supervisor/inside"
	"github.com/mocker-compose/mocker-compose/supervisor/vet"
)

// Pausing. None of the processes of a paused container runs (Runtime.Pause), its health
// checks rest, and no policy applies to it, since nothing in it can
// end. The record says so before it is done: a supervisor that takes over makes
// it true again. To stop a paused container is to let it go on with the stop
// signal already waiting.

// Pause pauses a container that runs.
func (l *Loop) Pause(ctx context.Context, name string) error {
	run, err := l.turnTo(ctx, name, CmdPause, Paused)
	if err != nil {
		return err
	}
	err = l.rt.Pause(run)
	// A hold may have come between: it needs processes that run.
	held := false
	if askErr := l.Ask(func() {
		i := l.Instances[name]
		held = i == nil || i.Run != run || i.Rec.State != Paused
	}); askErr != nil {
		return askErr
	}
	if err == nil && !held {
		return nil
	}
	thawed := l.rt.Unpause(run)
	if err == nil {
		return thawed
	}
	_, back := l.turnTo(ctx, name, CmdUnpause, Running)
	if inside.KilledThere(err) {
		return fmt.Errorf("container %s ended meanwhile", name)
	}
	return fmt.Errorf("pause container %s: %w", name, errors.Join(err, thawed, back))
}

// Unpause lets a paused container go on.
func (l *Loop) Unpause(ctx context.Context, name string) error {
	var run *Run
	err := l.Ask(func() {
		if i := l.Instances[name]; i != nil && i.Rec.State == Paused {
			run = i.Run
		}
	})
	if err != nil {
		return err
	}
	if run != nil {
		if err := l.rt.Unpause(run); err != nil {
			if inside.KilledThere(err) {
				return fmt.Errorf("container %s ended meanwhile", name)
			}
			return fmt.Errorf("unpause container %s: %w", name, err)
		}
	}
	_, err = l.turnTo(ctx, name, CmdUnpause, Running)
	return err
}

// turnTo sends an event that moves a container to a state, and returns its run
// when that is on record.
func (l *Loop) turnTo(ctx context.Context, name string, kind Event, to State) (run *Run, err error) {
	err = l.command(ctx, event{kind: kind, name: name}, func(i *Instance) (bool, error) {
		if i == nil || i.Rec.State != to {
			return true, fmt.Errorf("container %s ended meanwhile", name)
		}
		run = i.Run
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return run, l.Commit(func() {})
}

func (l *Loop) pauseRunning(i *Instance, _ event) {
	l.stopMonitor(i)
	l.enter(i, Paused)
	l.Emit(i, "pause")
}

func (l *Loop) unpause(i *Instance, _ event) {
	l.enter(i, Running)
	l.startMonitor(i)
	l.Emit(i, "unpause")
}

// KeepPaused pauses a container once more into which a command has come while
// it was being paused.
func (l *Loop) KeepPaused(name string) {
	var run *Run
	_ = l.Ask(func() {
		if i := l.Instances[name]; i != nil && i.Rec.State == Paused {
			run = i.Run
		}
	})
	if run != nil {
		l.pauseAgain(name, run)
	}
}

// pauseAgain makes true what the record of an earlier supervisor says.
func (l *Loop) pauseAgain(name string, r *Run) {
	if err := l.rt.Pause(r); err != nil && !inside.KilledThere(err) {
		l.Report(fmt.Sprintf("pause container %s again: %v", name, err))
	}
}

func (l *Loop) refusePause(i *Instance, e event) {
	i.trouble = vet.Pausing(i.Rec.Name, i.Rec.Service.Name, i.Rec.State, e.kind)
}

// thaw lets a paused run go on, after it has been sent what shall end it.
func (l *Loop) thaw(name string, r *Run) {
	if err := l.rt.Unpause(r); err != nil && !inside.KilledThere(err) {
		l.Report(fmt.Sprintf("unpause container %s to stop it: %v", name, err))
	}
}
