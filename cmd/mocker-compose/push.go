package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imageprep"
)

func (a *app) push() *cobra.Command {
	o := &imageprep.PushOptions{}
	c := &cobra.Command{
		Use: "push [OPTIONS] [SERVICE...]", Short: "Push the images that services build",
		Long: `Push the images of services that have both build and image, under all their names.
mocker-compose login stores what a registry wants to know of you.`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			loaded, err := a.look(ctx, services, false)
			if err != nil {
				return err
			}
			return imageprep.Push(ctx, a.env, loaded.Project, o, services)
		},
	}
	o.Register(c.Flags())
	return c
}
