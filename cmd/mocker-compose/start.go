package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/whycmd"
)

func (a *app) start() *cobra.Command {
	o := &client.StartOptions{}
	c := &cobra.Command{Use: "start [OPTIONS] [SERVICE...]", Short: "Start existing containers", Long: `Start containers that exist. mocker-compose up creates them.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return whycmd.PostMortem(a.env, t, a.env.Start(ctx, t, o, services))
	})
	return c
}
