package supervisor

import (
	"context"
	"errors"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/inside"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/vet"
)

// Pausing. None of the processes of a paused container runs (Runtime.Pause), its health
// checks rest, and no policy applies to it, since nothing in it can
// end. The record says so before it is done: a supervisor that takes over makes
// it true again. To stop a paused container is to let it go on with the stop
// signal already waiting.

// pause pauses or unpauses the running containers of services.
func (s *Supervisor) pause(_ context.Context, r *request, b api.PauseRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	ctx, t, err := s.queue.Enter(s.keepGoing(), b.Services, false)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	all, err := s.snapshot(nil)
	if err != nil {
		return err
	}
	all = record.Filter(all, func(c *Replica) bool {
		runs := c.State == Running || c.State == Paused
		return runs && (c.OneOff == nil && c.Chosen(b.Services) || c.CalledOneOf(b.Services))
	})
	one, done := s.pauseOne, "Paused"
	if r.Op == api.OpUnpause {
		one, done = s.unpauseOne, "Unpaused"
	}
	return s.each(all, func(c *Replica) error {
		if err := one(ctx, c.Name); err != nil {
			r.Container(c.Name, "Error")
			return err
		}
		r.Container(c.Name, done)
		return nil
	})
}

func (s *Supervisor) pauseOne(ctx context.Context, name string) error {
	run, err := s.turnTo(ctx, name, CmdPause, Paused)
	if err != nil {
		return err
	}
	err = s.rt.Pause(run)
	// A hold may have come between: it needs processes that run.
	held := false
	if askErr := s.ask(func() {
		i := s.instances[name]
		held = i == nil || i.run != run || i.rec.State != Paused
	}); askErr != nil {
		return askErr
	}
	if err == nil && !held {
		return nil
	}
	thawed := s.rt.Unpause(run)
	if err == nil {
		return thawed
	}
	_, back := s.turnTo(ctx, name, CmdUnpause, Running)
	if inside.KilledThere(err) {
		return fmt.Errorf("container %s ended meanwhile", name)
	}
	return fmt.Errorf("pause container %s: %w", name, errors.Join(err, thawed, back))
}

func (s *Supervisor) unpauseOne(ctx context.Context, name string) error {
	var run *Run
	err := s.ask(func() {
		if i := s.instances[name]; i != nil && i.rec.State == Paused {
			run = i.run
		}
	})
	if err != nil {
		return err
	}
	if run != nil {
		if err := s.rt.Unpause(run); err != nil {
			if inside.KilledThere(err) {
				return fmt.Errorf("container %s ended meanwhile", name)
			}
			return fmt.Errorf("unpause container %s: %w", name, err)
		}
	}
	_, err = s.turnTo(ctx, name, CmdUnpause, Running)
	return err
}

// turnTo sends an event that moves a container to a state, and returns its run
// when that is on record.
func (s *Supervisor) turnTo(ctx context.Context, name string, kind Event, to State) (run *Run, err error) {
	err = s.command(ctx, event{kind: kind, name: name}, func(i *instance) (bool, error) {
		if i == nil || i.rec.State != to {
			return true, fmt.Errorf("container %s ended meanwhile", name)
		}
		run = i.run
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return run, s.commit(func() {})
}

func (s *Supervisor) pauseRunning(i *instance, _ event) {
	s.stopMonitor(i)
	s.enter(i, Paused)
	s.emit(i, "pause")
}

func (s *Supervisor) unpause(i *instance, _ event) {
	s.enter(i, Running)
	s.startMonitor(i)
	s.emit(i, "unpause")
}

// pauseLatecomer pauses a container once more into which a command has come while
// it was being paused.
func (s *Supervisor) pauseLatecomer(name string) {
	var run *Run
	_ = s.ask(func() {
		if i := s.instances[name]; i != nil && i.rec.State == Paused {
			run = i.run
		}
	})
	if run != nil {
		s.pauseAgain(name, run)
	}
}

// pauseAgain makes true what the record of an earlier supervisor says.
func (s *Supervisor) pauseAgain(name string, r *Run) {
	if err := s.rt.Pause(r); err != nil {
		s.report(fmt.Sprintf("pause container %s again: %v", name, err))
	}
}

func (s *Supervisor) refusePause(i *instance, e event) {
	i.trouble = vet.Pausing(i.rec.Name, i.rec.Service.Name, i.rec.State, e.kind)
}

// thaw lets a paused run go on, after it has been sent what shall end it.
func (s *Supervisor) thaw(name string, r *Run) {
	if err := s.rt.Unpause(r); err != nil {
		s.report(fmt.Sprintf("unpause container %s to stop it: %v", name, err))
	}
}
