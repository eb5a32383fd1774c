package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) kill() *cobra.Command {
	o := &client.KillOptions{}
	c := &cobra.Command{Use: "kill [OPTIONS] [SERVICE...]", Short: "Send a signal to containers", Long: `Send a signal to the main process of containers, SIGKILL unless -s names another.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Kill(ctx, t, o, services)
	})
	return c
}
