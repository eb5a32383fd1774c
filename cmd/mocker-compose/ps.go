package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
)

func (a *app) ps() *cobra.Command {
	o := &lookcmd.PSOptions{}
	c := &cobra.Command{Use: "ps [OPTIONS] [SERVICE...]", Short: "List containers", Long: `List the containers of the project that run; with -a, those that ended too.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return lookcmd.PS(ctx, a.env, t, o, services)
	})
	return c
}
