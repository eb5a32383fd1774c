package supervisor

import (
	"context"
	"errors"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/execution"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// stop stops services: what depends on something before that, the rest at the
// same time. It cancels every request that would start them, and shortens a
// stop that is already under way if it gives it less time.
func (s *Supervisor) stop(_ context.Context, r *request, b api.StopRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	s.overtake(b.Services, b.Timeout)
	ctx, t, err := s.enter(s.loop.Context(), r, b.Services, false)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	o, known, err := s.observe(viewDown)
	if err != nil {
		return err
	}
	services, oneOffs, err := s.split(b.Services)
	if err != nil {
		return err
	}
	x := &execution.Execution{Loop: s.loop, Runtime: s.rt, Request: r, Project: known, Order: policy.StopWithin(b.Timeout), Tolerant: true}
	failure := s.each(oneOffs, func(c *Replica) error {
		if c.State.Settled() {
			return nil
		}
		return x.Stop(ctx, plan.Operation{Kind: plan.Stop, Object: c.Name, Service: c.Service.Name})
	})
	if len(oneOffs) > 0 && len(services) == 0 {
		return failure
	}
	p, err := plan.MakeStop(known, o, services)
	if err != nil {
		return err
	}
	return errors.Join(failure, x.Execute(ctx, p))
}

// overtake makes way for a stop before it has its turn.
func (s *Supervisor) overtake(services []string, timeout *time.Duration) {
	s.queue.Supersede(services)
	order := policy.StopWithin(timeout)
	if !order.Set {
		return
	}
	s.loop.Shorten(services, order)
}
