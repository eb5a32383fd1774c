package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
)

func (a *app) events() *cobra.Command {
	o := &lookcmd.EventsOptions{}
	c := &cobra.Command{
		Use: "events [OPTIONS] [SERVICE...]", Short: "Print what happens to containers as it happens",
		Long: `Print what happens to the project's containers until you press Ctrl-C: create, start,
kill, die, stop, restart, pause, unpause, destroy, oom, health_status, exec_create,
exec_start and exec_die. It may be started before the project, and stays when it ends.

--since shows what the project's supervisor remembers first: the last 256 events
since it was started.`,
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return lookcmd.Events(ctx, a.env, t, o, services)
	})
	return c
}
