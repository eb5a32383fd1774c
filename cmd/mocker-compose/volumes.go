package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/volumecmd"
)

func (a *app) volumes() *cobra.Command {
	o := &volumecmd.ListOptions{}
	c := &cobra.Command{
		Use: "volumes [OPTIONS] [SERVICE...]", Short: "List the project's volumes",
		Long: `List the named volumes that the project has made and that exist; with services, those
that their containers use. All volumes of yours: mocker-compose volume ls.`,
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return volumecmd.OfProject(ctx, a.env, t, o, services)
	})
	return c
}
