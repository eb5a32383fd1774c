package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) down() *cobra.Command {
	o := &client.DownOptions{}
	c := &cobra.Command{Use: "down [OPTIONS] [SERVICE...]", Short: "Stop and remove containers and networks", Long: `Stop the project's containers in reverse order and remove them and the networks.
Named volumes stay unless -v is given. With services, only their containers go.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Down(ctx, t, o, services)
	})
	return c
}
