package supervisor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// stop stops services: what depends on something before that, the rest at the
// same time. It cancels every request that would start them, and shortens a
// stop that is already under way if it gives it less time.
func (s *Supervisor) stop(_ context.Context, r *request, b api.StopRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	s.overtake(b.Services, b.Timeout)
	ctx, t, err := s.queue.enter(s.keepGoing(), b.Services, false)
	if err != nil {
		return err
	}
	defer s.queue.leave(t)
	all, err := s.snapshot(b.Services)
	if err != nil {
		return err
	}
	order := orderOf(b.Timeout)
	return s.reversed(ctx, all, func(ctx context.Context, c *Replica) error {
		if c.State.Settled() && !c.Held {
			return s.stopOne(ctx, c.Name, order)
		}
		return s.stopSaying(ctx, r, c.Name, order)
	})
}

// overtake makes way for a stop before it has its turn.
func (s *Supervisor) overtake(services []string, timeout *time.Duration) {
	s.queue.supersede(services)
	order := orderOf(timeout)
	if !order.set {
		return
	}
	all, err := s.snapshot(services)
	if err != nil {
		return // the supervisor ends; so will the caller
	}
	_ = s.ask(func() {
		for n := range all {
			if i := s.instances[all[n].Name]; i != nil && i.rec.State == Stopping {
				s.apply(event{kind: CmdStop, name: i.rec.Name, stop: order})
			}
		}
	})
}

// reversed does something to all containers, dependents first. One failure
// does not keep it from the others: as much as possible is to be stopped.
func (s *Supervisor) reversed(ctx context.Context, all []Replica, do func(context.Context, *Replica) error) error {
	var mu sync.Mutex
	var failures []error
	tasks := make([]task, 0, len(all))
	for n := range all {
		c := &all[n]
		tasks = append(tasks, task{key: c.Name, after: dependentKeys(&c.Container, all, ""), run: func(ctx context.Context) error {
			if err := do(ctx, c); err != nil {
				mu.Lock()
				failures = append(failures, err)
				mu.Unlock()
			}
			return nil
		}})
	}
	err := runTasks(ctx, tasks)
	return errors.Join(append(failures, err)...)
}
