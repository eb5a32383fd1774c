package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) restart() *cobra.Command {
	o := &client.RestartOptions{}
	c := &cobra.Command{Use: "restart [OPTIONS] [SERVICE...]", Short: "Restart containers", Long: `Restart containers. Services that depend on them restart too where the file says restart: true.
Changes of the file need mocker-compose up.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Restart(ctx, t, o, services)
	})
	return c
}
