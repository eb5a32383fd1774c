package client

import (
	"context"
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Events hands the project's events to on, first one "exists" per container,
// until the project ends (nil), ctx does, or on returns an error. When the
// supervisor is replaced, its successor replays; when the project was killed,
// the error is errNotRunning.
func (e *Env) Events(ctx context.Context, name string, services []string, on func(*api.Event) error) error {
	return e.subscribe(ctx, name, asking, services, on)
}

func (e *Env) subscribe(ctx context.Context, name string, how reach, services []string, on func(*api.Event) error) error {
	req := api.Request{Op: api.OpEvents, Events: &api.EventsRequest{Services: services, Replay: true}}
	for deaths := 1; ; deaths++ {
		c, err := e.connect(ctx, name, how)
		if err != nil {
			return err
		}
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
		if err := e.another(ctx, name, deaths); err != nil {
			return err
		}
	}
}
