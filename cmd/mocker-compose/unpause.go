package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) unpause() *cobra.Command {
	o := &client.PauseOptions{}
	c := &cobra.Command{Use: "unpause [SERVICE...]", Short: "Let paused containers go on", Long: `Let the processes of paused containers go on where they stopped.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Unpause(ctx, t, o, services)
	})
	return c
}
