package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) stop() *cobra.Command {
	o := &client.StopOptions{}
	c := &cobra.Command{Use: "stop [OPTIONS] [SERVICE...]", Short: "Stop containers, keeping them", Long: `Stop containers without removing them. mocker-compose start starts them again.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Stop(ctx, t, o, services)
	})
	return c
}
