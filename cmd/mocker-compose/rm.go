package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) rm() *cobra.Command {
	o := &client.RemoveOptions{}
	c := &cobra.Command{
		Use: "rm [OPTIONS] [SERVICE...]", Short: "Remove stopped containers",
		Long: `Remove the containers of services that do not run, with all that is not in a volume.
Anonymous volumes stay unless -v is given. A container that run has made goes when
it is named.`,
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Remove(ctx, t, o, services)
	})
	return c
}
