package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) pause() *cobra.Command {
	o := &client.PauseOptions{}
	c := &cobra.Command{Use: "pause [SERVICE...]", Short: "Stop the processes of containers until unpause", Long: `Stop every process of running containers where it is, with SIGSTOP. Nothing is lost:
mocker-compose unpause lets them go on. Health checks rest meanwhile.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Pause(ctx, t, o, services)
	})
	return c
}
