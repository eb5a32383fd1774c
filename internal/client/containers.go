package client

import (
	"context"
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Containers are the project's containers, from the supervisor or, without
// one, from its record. An unknown project has none.
func (e *Env) Containers(ctx context.Context, name string) ([]api.Container, error) {
	cs, err := e.ask(ctx, name)
	if !errors.Is(err, errNotRunning) {
		return cs, err
	}
	rec, err := e.recorded(ctx, name)
	if rec == nil || err != nil {
		return nil, err
	}
	return rec.Containers, nil
}

// ask gets the containers from the supervisor.
func (e *Env) ask(ctx context.Context, name string) (cs []api.Container, err error) {
	err = e.Call(ctx, name, api.Request{Op: api.OpPS}, func(a *api.Answer) error {
		if a.PS != nil {
			cs = a.PS
		}
		return nil
	})
	return cs, err
}
