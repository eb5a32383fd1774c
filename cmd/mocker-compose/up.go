package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/whycmd"
)

func (a *app) up() *cobra.Command {
	o := &client.UpOptions{}
	c := &cobra.Command{
		Use: "up [OPTIONS] [SERVICE...]", Short: "Create and start containers",
		Long: `Create and start the containers of all services, or of those named and what they
depend on. Containers whose service changed are replaced, others are left alone.
In the foreground the logs are shown; Ctrl-C stops the containers, twice kills them.`,
		RunE: func(c *cobra.Command, services []string) error {
			// In the foreground Up answers to Ctrl-C itself.
			ctx, stop := c.Context(), func() {}
			if o.Detached() {
				ctx, stop = interruptible(ctx)
			}
			defer stop()
			t, err := a.wanted(ctx, services)
			if err != nil {
				return err
			}
			return whycmd.PostMortem(a.env, t, a.env.Up(ctx, t, o, services))
		},
	}
	o.Register(c.Flags())
	completes(c, "pull", "always", "missing", "never", "build")
	return c
}
