package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) logs() *cobra.Command {
	o := &client.LogsOptions{}
	c := &cobra.Command{Use: "logs [OPTIONS] [SERVICE...]", Short: "Show what containers have written", Long: `Show what containers have written, in order of arrival. The logs outlive the
containers' runs and are readable while the project is stopped.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return a.env.Logs(ctx, t, o, services)
	})
	return c
}
