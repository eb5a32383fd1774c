package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imageprep"
)

func (a *app) pull() *cobra.Command {
	o := &imageprep.PullOptions{}
	c := &cobra.Command{
		Use: "pull [OPTIONS] [SERVICE...]", Short: "Pull the images of services",
		Long: `Pull the images of all services, or of those named, from their registries. What is
there is asked for again, unless the service's pull_policy says never, build or
missing. Layers that are there already are not downloaded.`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			loaded, err := a.look(ctx, services, false)
			if err != nil {
				return err
			}
			return imageprep.Pull(ctx, a.env, loaded.Project, o, services)
		},
	}
	o.Register(c.Flags())
	completes(c, "policy", "missing", "always")
	return c
}
