package client

import (
	"context"
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
)

// Containers are the project's containers, from the supervisor or, without
// one, from its record, with or without their labels. An unknown project has none.
func (e *Env) Containers(ctx context.Context, name string, labels bool) ([]api.Container, error) {
	cs, err := e.ask(ctx, name, labels)
	if !errors.Is(err, reach.ErrNotRunning) {
		return cs, err
	}
	rec, err := e.Recorded(ctx, name)
	if rec == nil || err != nil {
		return nil, err
	}
	return rec.Containers, nil
}

// ask gets the containers from the supervisor.
func (e *Env) ask(ctx context.Context, name string, labels bool) (cs []api.Container, err error) {
	err = e.Call(ctx, name, api.Request{Op: api.OpPS, PS: &api.PSRequest{Labels: labels}}, func(a *api.Answer) error {
		if a.Trouble != "" {
			e.Warn(a.Trouble)
		}
		if a.PS != nil {
			cs = a.PS
		}
		return nil
	})
	return cs, err
}
