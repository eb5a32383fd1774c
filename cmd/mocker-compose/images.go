package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
)

func (a *app) images() *cobra.Command {
	o := &lookcmd.ImagesOptions{}
	c := &cobra.Command{
		Use: "images [OPTIONS] [SERVICE...]", Short: "List the images that containers were made of",
		Long: `List the images that the project's containers were made of. A root file system that is
a directory, an archive or the host's own has a name, but no id.`,
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return lookcmd.Images(ctx, a.env, t, o, services)
	})
	return c
}
