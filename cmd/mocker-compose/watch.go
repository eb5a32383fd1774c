package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/watchcmd"
)

func (a *app) watch() *cobra.Command {
	o := &watchcmd.Options{}
	c := &cobra.Command{
		Use: "watch [OPTIONS] [SERVICE...]", Short: "Watch files and bring changes into services",
		Long: `Watch the files that services name under develop.watch, and do what is said there when
they change: copy them into the containers, restart these, execute a command in them, or
build the image anew. Services are built and started before. Ctrl-C ends the watch; the
services go on.

  mocker-compose watch            all services that have rules
  mocker-compose watch --no-up web  only web, as it is
  mocker-compose up --watch       the same, with the logs in between`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			t, err := a.wanted(ctx, services)
			if err != nil {
				return err
			}
			return watchcmd.Watch(ctx, a.env, t, o, services)
		},
	}
	o.Register(c.Flags())
	return c
}
