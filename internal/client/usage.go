package client

import (
	"context"
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
)

// Usage asks what the containers of a project use; of a project that does not
// run, its record tells what exists.
func (e *Env) Usage(ctx context.Context, t Target) (list []api.Usage, err error) {
	err = e.Call(ctx, t.Name, api.Request{Op: api.OpStats}, func(a *api.Answer) error {
		if a.Usage != nil {
			list = a.Usage
		}
		return nil
	})
	if !errors.Is(err, reach.ErrNotRunning) {
		return list, err
	}
	rec, err := e.Recorded(ctx, t.Name)
	if rec == nil || err != nil {
		return nil, err
	}
	for i := range rec.Containers {
		c := &rec.Containers[i]
		list = append(list, api.Usage{ID: c.ID, Name: c.Name, Service: c.Service, Number: c.Number, OneOff: c.OneOff, State: c.State})
	}
	return list, nil
}

// CheckServices refuses names that neither the file nor a container knows.
func (e *Env) CheckServices(ctx context.Context, t Target, services []string) error {
	return e.check(ctx, t, services)
}
