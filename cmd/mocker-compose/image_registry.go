package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imageprep"
)

func (a *app) imagePull() *cobra.Command {
	o := &imageprep.ImagePullOptions{}
	c := &cobra.Command{
		Use: "pull [OPTIONS] NAME[:TAG|@DIGEST]", Short: "Pull an image from a registry", Args: exactly(1),
		Long: "Pull an image from a registry, for this machine or another platform; what is there already is not fetched again.",
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return imageprep.ImagePull(ctx, a.env, o, args[0])
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) imagePush() *cobra.Command {
	o := &imageprep.ImagePushOptions{}
	c := &cobra.Command{
		Use: "push [OPTIONS] NAME[:TAG]", Short: "Push an image to a registry", Args: exactly(1),
		Long: `Push an image of the store to the registry that its name begins with (image tag gives
it such a name). mocker-compose login stores what the registry wants to know of you.`,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return imageprep.ImagePush(ctx, a.env, o, args[0])
		},
	}
	o.Register(c.Flags())
	return c
}
