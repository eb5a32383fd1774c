package client

import (
	"context"
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Events hands the project's events to on, first one "exists" per container,
// until the project ends (nil), ctx does, or on returns an error. When the
// supervisor is replaced, its successor replays.
func (e *Env) Events(ctx context.Context, name string, services []string, on func(*api.Event) error) error {
	c, err := e.dial(ctx, name)
	if err != nil {
		return err
	}
	req := api.Request{Op: api.OpEvents, Events: &api.EventsRequest{Services: services, Replay: true}}
	for deaths := 1; ; deaths++ {
		err = exchange(ctx, c, req, func(a *api.Answer) error {
			if a.Event == nil {
				return nil
			}
			deaths = 0 // this one works
			return on(a.Event)
		})
		if !errors.Is(err, errBroken) || ctx.Err() != nil {
			return err
		}
		if c, err = e.succeed(ctx, name, deaths); err != nil {
			return err
		}
	}
}
