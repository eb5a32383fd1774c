package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imageprep"
)

func (a *app) build() *cobra.Command {
	o := &imageprep.BuildOptions{}
	c := &cobra.Command{
		Use: "build [OPTIONS] [SERVICE...]", Short: "Build the images of services",
		Long: `Build the images of all services with a build section, or of those named. Steps that
have not changed are taken from the cache; images that a build starts from are pulled
if they are missing. up, create and run build what is missing themselves.`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			loaded, err := a.look(ctx, services, false)
			if err != nil {
				return err
			}
			env := func(name string) (string, bool) { v, ok := loaded.Env[name]; return v, ok }
			return imageprep.Build(ctx, a.env, loaded.Project, o, services, env)
		},
	}
	o.Register(c.Flags())
	return c
}
