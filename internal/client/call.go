package client

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
)

// Call sends a request to whoever serves the project, and hands each answer to
// on (nil: ignore them), as [reach.Supervisors.Call] does. It starts nothing: the error is
// [reach.ErrNotRunning] when nobody serves the project. In a dry run, what would change
// something is told, and not done.
func (e *Env) Call(ctx context.Context, name string, req api.Request, on func(*api.Answer) error) error {
	return e.call(ctx, name, reach.Asking, req, on)
}

// Demand is Call, and starts what does not run.
func (e *Env) Demand(ctx context.Context, name string, req api.Request, on func(*api.Answer) error) error {
	return e.call(ctx, name, reach.Starting, req, on)
}

func (e *Env) call(ctx context.Context, name string, how reach.How, req api.Request, on func(*api.Answer) error) error {
	req.Parallel = max(e.Parallel(), 0)
	if e.Global.DryRun && !looks(req.Op) {
		return e.rehearse(ctx, name, &req, on)
	}
	return refused(e.Supervisors().Call(ctx, name, how, req, on))
}

// looks reports that a request changes nothing.
func looks(op api.Op) bool {
	switch op {
	case api.OpPS, api.OpEvents, api.OpInfo, api.OpNetworks, api.OpStats, api.OpRecord, api.OpWait:
		return true
	}
	return false
}

// Events hands the project's events to on, as [reach.Supervisors.Events] does. It starts
// nothing.
func (e *Env) Events(ctx context.Context, name string, services []string, on func(*api.Event) error) error {
	return refused(e.Supervisors().Events(ctx, name, reach.Asking, services, on))
}

// Once is Call for one connection. gone: nobody serves the project, or whoever did went
// away meanwhile.
func (e *Env) Once(ctx context.Context, name string, req api.Request, on func(*api.Answer) error) (gone bool, err error) {
	gone, err = e.Supervisors().Once(ctx, name, req, on)
	return gone, refused(err)
}
