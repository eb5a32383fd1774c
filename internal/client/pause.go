package client

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// PauseOptions are the flags of pause and unpause: none.
type PauseOptions struct{}

// Register defines the flags in fs.
func (*PauseOptions) Register(*pflag.FlagSet) {}

// Pause stops every process of the running containers of services.
func (e *Env) Pause(ctx context.Context, t Target, _ *PauseOptions, services []string) error {
	return e.pause(ctx, t, api.OpPause, services)
}

// Unpause lets them go on.
func (e *Env) Unpause(ctx context.Context, t Target, _ *PauseOptions, services []string) error {
	return e.pause(ctx, t, api.OpUnpause, services)
}

func (e *Env) pause(ctx context.Context, t Target, op api.Op, services []string) error {
	if err := e.check(ctx, t, services); err != nil {
		return err
	}
	return e.change(ctx, t.Name, api.Request{Op: op, Pause: &api.PauseRequest{Services: services}})
}
