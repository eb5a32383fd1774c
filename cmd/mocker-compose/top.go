package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
)

func (a *app) top() *cobra.Command {
	o := &lookcmd.TopOptions{}
	c := &cobra.Command{
		Use: "top [SERVICES...]", Short: "Show the processes of containers",
		Long: `Show the processes of running containers. Process ids are the host's; a user id is the
one inside the container, by its name on the host if it has one there.`,
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return lookcmd.Top(ctx, a.env, t, o, services)
	})
	return c
}
