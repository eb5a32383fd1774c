package lifecycle

import (
	"cmp"
	"context"
)

// waiter is somebody who waits for the state of containers.
type waiter struct {
	check func() (bool, error) // runs on the loop
	done  chan error
}

// Await returns when check, which the loop calls after every change, says that
// it is done or fails. It never polls. A cancelled ctx ends it.
func (l *Loop) Await(ctx context.Context, check func() (bool, error)) error {
	w := &waiter{check: check, done: make(chan error, 1)}
	if err := l.Ask(func() { l.waiters[w] = struct{}{} }); err != nil {
		return err
	}
	select {
	case err := <-w.done:
		return err
	case <-l.over:
		return ErrStopped
	case <-ctx.Done():
		_ = l.Ask(func() { delete(l.waiters, w) })
		return context.Cause(ctx)
	}
}

func (l *Loop) wakeWaiters() {
	for w := range l.waiters {
		if ok, err := w.check(); ok || err != nil {
			delete(l.waiters, w)
			w.done <- err
		}
	}
}

// command sends a command to container name and waits until check, called with
// its instance (nil when it is gone), is done.
func (l *Loop) command(ctx context.Context, e event, check func(*Instance) (bool, error)) error {
	var refused error
	err := l.Ask(func() {
		if i := l.Instances[e.name]; i != nil {
			refused = l.send(i, e)
		}
	})
	if err = cmp.Or(err, refused); err != nil {
		return err
	}
	return l.Await(ctx, func() (bool, error) {
		i := l.Instances[e.name]
		if i != nil && i.trouble != nil {
			return true, i.trouble
		}
		return check(i)
	})
}

// send applies a command. That the state does not allow it is the business of who sent it
// alone: others may be waiting for what the container is about. Called on the loop.
func (l *Loop) send(i *Instance, e event) (refused error) {
	before := i.trouble
	i.trouble = nil
	l.apply(e)
	if i.trouble != nil { // what fails later comes as an event of its own
		refused, i.trouble = i.trouble, before
	}
	return refused
}

// Commit runs f on the loop and returns when the record with its changes is on
// disk, or why it is not.
func (l *Loop) Commit(f func()) error {
	done := make(chan error, 1)
	err := l.Ask(func() {
		f()
		l.dirty = true
		l.then(func() { done <- nil }, func(err error) { done <- err })
	})
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-l.over:
		return ErrStopped
	}
}
