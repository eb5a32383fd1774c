package lifecycle

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

// The steps that all commands are made of. Each sends one command to one
// container and waits until it is carried out; a cancelled ctx ends the
// waiting, not what the runtime has begun.

// Start starts a container and returns when user code runs, or why not.
// already: it was running.
func (l *Loop) Start(ctx context.Context, name string) (already bool, err error) {
	var before int
	var refused error
	err = l.Ask(func() {
		i := l.Instances[name]
		if i == nil {
			return
		}
		before = i.attempts
		already = i.Rec.State == Running && !i.Rec.Setup
		refused = l.send(i, event{kind: CmdStart, name: name})
	})
	if err != nil || already {
		return already, err
	}
	if refused != nil {
		return false, fmt.Errorf("start container %s: %w", name, refused)
	}
	err = l.Await(ctx, func() (bool, error) {
		i := l.Instances[name]
		switch {
		case i == nil:
			return true, fmt.Errorf("container %s was removed meanwhile", name)
		case i.attempts > before:
			return true, i.failure
		case i.trouble != nil:
			return true, i.trouble
		case i.Rec.Desired == WantStopped:
			return true, turns.ErrSuperseded
		}
		return false, nil
	})
	if err != nil {
		return false, fmt.Errorf("start container %s: %w", name, err)
	}
	return false, nil
}

// Stop stops a container and returns when it does not run, is released, and
// will not run again by itself.
func (l *Loop) Stop(ctx context.Context, name string, o stopOrder) error {
	return l.command(ctx, event{kind: CmdStop, name: name, stop: o}, func(i *Instance) (bool, error) {
		return i == nil || i.Rec.State.Settled(), nil
	})
}

// Remove removes a container. One that is about to run, after a crash or an
// adoption, counted as down when the plan was made: it is stopped all the same.
func (l *Loop) Remove(ctx context.Context, name string, o stopOrder, volumes bool) error {
	if err := l.Stop(ctx, name, o); err != nil {
		return err
	}
	return l.RemoveIdle(ctx, name, volumes)
}

// Create makes a new container.
func (l *Loop) Create(ctx context.Context, c Container) error {
	added := false
	if err := l.Ask(func() { added = l.add(c) }); err != nil {
		return err
	}
	if !added {
		return fmt.Errorf("create container %s: there is one of this name", c.Name)
	}
	err := l.Await(ctx, func() (bool, error) {
		i := l.Instances[c.Name]
		if i == nil {
			return true, fmt.Errorf("it was removed meanwhile")
		}
		return i.Rec.State != Creating, i.trouble
	})
	if err != nil {
		return fmt.Errorf("create container %s: %w", c.Name, err)
	}
	return nil
}

// RemoveIdle removes a container that does not run; one that does is refused with a
// *BusyError.
func (l *Loop) RemoveIdle(ctx context.Context, name string, volumes bool) error {
	return l.command(ctx, event{kind: CmdRemove, name: name, volumes: volumes}, func(i *Instance) (bool, error) {
		return i == nil, nil
	})
}

// Shorten gives the containers of services that are stopping already no more time than
// an order does. It does not wait.
func (l *Loop) Shorten(services []string, o policy.StopOrder) {
	_ = l.Ask(func() {
		for _, i := range l.Instances {
			if i.Rec.State == Stopping && i.Rec.Chosen(services) {
				l.apply(event{kind: CmdStop, name: i.Rec.Name, stop: o})
			}
		}
	})
}
