package supervisor

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// pause pauses or unpauses the running containers of services.
func (s *Supervisor) pause(_ context.Context, r *request, b api.PauseRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	ctx, t, err := s.enter(s.loop.Context(), r, b.Services, false)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	all, err := s.loop.Snapshot(nil)
	if err != nil {
		return err
	}
	all = record.Filter(all, func(c *Replica) bool {
		runs := c.State == Running || c.State == Paused
		return runs && (c.OneOff == nil && c.Chosen(b.Services) || c.CalledOneOf(b.Services))
	})
	one, done := s.loop.Pause, "Paused"
	if r.Op == api.OpUnpause {
		one, done = s.loop.Unpause, "Unpaused"
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
