package supervisor

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

// The steps that all commands are made of. Each sends one command to one
// container and waits until it is carried out; a cancelled ctx ends the
// waiting, not what the runtime has begun.

// startOne starts a container and returns when user code runs, or why not.
// already: it was running.
func (s *Supervisor) startOne(ctx context.Context, name string) (already bool, err error) {
	var before int
	err = s.ask(func() {
		i := s.instances[name]
		if i == nil {
			return
		}
		before, i.trouble = i.attempts, nil
		already = i.rec.State == Running && !i.rec.Setup
		s.apply(event{kind: CmdStart, name: name})
	})
	if err != nil || already {
		return already, err
	}
	err = s.await(ctx, func() (bool, error) {
		i := s.instances[name]
		switch {
		case i == nil:
			return true, fmt.Errorf("container %s was removed meanwhile", name)
		case i.attempts > before:
			return true, i.failure
		case i.trouble != nil:
			return true, i.trouble
		case i.rec.Desired == WantStopped:
			return true, turns.ErrSuperseded
		}
		return false, nil
	})
	if err != nil {
		return false, fmt.Errorf("start container %s: %w", name, err)
	}
	return false, nil
}

// stopOne stops a container and returns when it does not run, is released, and
// will not run again by itself.
func (s *Supervisor) stopOne(ctx context.Context, name string, o stopOrder) error {
	return s.command(ctx, event{kind: CmdStop, name: name, stop: o}, func(i *instance) (bool, error) {
		return i == nil || i.rec.State.Settled(), nil
	})
}

// removeOne removes a container. One that is about to run, after a crash or an
// adoption, counted as down when the plan was made: it is stopped all the same.
func (s *Supervisor) removeOne(ctx context.Context, name string, o stopOrder, volumes bool) error {
	if err := s.stopOne(ctx, name, o); err != nil {
		return err
	}
	return s.command(ctx, event{kind: CmdRemove, name: name, volumes: volumes}, func(i *instance) (bool, error) {
		return i == nil, nil
	})
}

// createOne makes a new container.
func (s *Supervisor) createOne(ctx context.Context, c Container) error {
	added := false
	if err := s.ask(func() { added = s.add(c) }); err != nil {
		return err
	}
	if !added {
		return fmt.Errorf("create container %s: there is one of this name", c.Name)
	}
	err := s.await(ctx, func() (bool, error) {
		i := s.instances[c.Name]
		if i == nil {
			return true, fmt.Errorf("it was removed meanwhile")
		}
		return i.rec.State != Creating, i.trouble
	})
	if err != nil {
		return fmt.Errorf("create container %s: %w", c.Name, err)
	}
	return nil
}
