package supervisor

import (
	"cmp"
	"context"
	"errors"
)

// waiter is somebody who waits for the state of containers.
type waiter struct {
	check func() (bool, error) // runs on the loop
	done  chan error
}

// await returns when check, which the loop calls after every change, says that
// it is done or fails. It never polls. A cancelled ctx ends it.
func (s *Supervisor) await(ctx context.Context, check func() (bool, error)) error {
	w := &waiter{check: check, done: make(chan error, 1)}
	if err := s.ask(func() { s.waiters[w] = struct{}{} }); err != nil {
		return err
	}
	select {
	case err := <-w.done:
		return err
	case <-s.loopEnded:
		return errStopped
	case <-ctx.Done():
		_ = s.ask(func() { delete(s.waiters, w) })
		return context.Cause(ctx)
	}
}

func (s *Supervisor) wakeWaiters() {
	for w := range s.waiters {
		if ok, err := w.check(); ok || err != nil {
			delete(s.waiters, w)
			w.done <- err
		}
	}
}

// command sends a command to container name and waits until check, called with
// its instance (nil when it is gone), is done.
func (s *Supervisor) command(ctx context.Context, e event, check func(*instance) (bool, error)) error {
	var refused error
	err := s.ask(func() {
		i := s.instances[e.name]
		if i == nil {
			return
		}
		before := i.trouble
		i.trouble = nil
		s.apply(e)
		var busy *busyError
		if errors.As(i.trouble, &busy) { // nobody else's, who may be waiting for the container to start
			refused, i.trouble = busy, before
		}
	})
	if err = cmp.Or(err, refused); err != nil {
		return err
	}
	return s.await(ctx, func() (bool, error) {
		i := s.instances[e.name]
		if i != nil && i.trouble != nil {
			return true, i.trouble
		}
		return check(i)
	})
}

// commit runs f on the loop and returns when the record with its changes is on
// disk, or why it is not.
func (s *Supervisor) commit(f func()) error {
	done := make(chan error, 1)
	err := s.ask(func() {
		f()
		s.dirty = true
		s.then(func() { done <- nil }, func(err error) { done <- err })
	})
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-s.loopEnded:
		return errStopped
	}
}
