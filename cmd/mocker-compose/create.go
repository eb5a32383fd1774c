package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) create() *cobra.Command {
	o := &client.CreateOptions{}
	c := &cobra.Command{
		Use: "create [OPTIONS] [SERVICE...]", Short: "Create containers and start none",
		Long: `Create the containers of all services, or of those named and what they depend on,
with networks and volumes. mocker-compose start starts them.`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			t, err := a.wanted(ctx, services)
			if err != nil {
				return err
			}
			return a.env.Create(ctx, t, o, services)
		},
	}
	o.Register(c.Flags())
	completes(c, "pull", "always", "missing", "never", "build")
	return c
}
