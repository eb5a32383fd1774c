package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) wait() *cobra.Command {
	o := &client.WaitOptions{}
	c := &cobra.Command{
		Use: "wait SERVICE [SERVICE...] [OPTIONS]", Short: "Wait until containers have ended",
		Long: `Wait until the running containers of services have ended, and print how each did.
The exit code is that of the last.`,
		Args: atLeast(1),
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Wait(ctx, t, o, services)
	})
	return c
}
