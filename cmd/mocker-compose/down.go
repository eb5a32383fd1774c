package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
)

func (a *app) down() *cobra.Command {
	o, images := &client.DownOptions{}, ""
	c := &cobra.Command{Use: "down [OPTIONS] [SERVICE...]", Short: "Stop and remove containers and networks", Long: `Stop the project's containers in reverse order and remove them and the networks.
Named volumes stay unless -v is given. With services, only their containers go.`}
	o.Register(c.Flags())
	c.Flags().StringVar(&images, "rmi", "", "remove the services' images too: `all`, or \"local\": only those built here without a name in the file")
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		if err := imagecmd.CheckPolicy(images); err != nil {
			return err
		}
		if err := a.env.Down(ctx, t, o, services); err != nil {
			return err
		}
		return imagecmd.RemoveAfterDown(ctx, a.env, imagecmd.OfServices(t.Project, services, images))
	})
	return c
}
