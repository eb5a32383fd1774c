package reach

import (
	"context"
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Events hands the project's events to on, first one "exists" per container,
// until the project ends (nil), ctx does, or on returns an error. When the
// supervisor is replaced, its successor replays; when the project was killed, and nobody
// is to be started, the error is [ErrNotRunning].
func (s *Supervisors) Events(ctx context.Context, name string, how How, services []string, on func(*api.Event) error) error {
	req := api.Request{Op: api.OpEvents, Events: &api.EventsRequest{Services: services, Replay: true}}
	var patience Patience
	for {
		patience.Begin(req.Op)
		err := s.once(ctx, name, how, req, func(a *api.Answer) error {
			if a.Event == nil {
				return nil
			}
			patience.Works()
			return on(a.Event)
		})
		if !errors.Is(err, ErrBroken) || ctx.Err() != nil {
			return err
		}
		if err := patience.Again(ctx, s, name); err != nil {
			return err
		}
	}
}
