package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
)

func (a *app) imageRemove() *cobra.Command {
	o := &imagecmd.RemoveOptions{}
	c := &cobra.Command{
		Use: "rm [OPTIONS] IMAGE [IMAGE...]", Aliases: []string{"remove", "rmi"}, Short: "Remove images",
		Long: `Take names away, and an image with the last of its names. An image that a container
of some project uses, running or not, always stays.`, Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return imagecmd.Remove(ctx, a.env, o, args)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) imagePrune() *cobra.Command {
	o := &imagecmd.PruneOptions{}
	c := &cobra.Command{
		Use: "prune [OPTIONS]", Short: "Remove images that nothing uses",
		Long: `Remove images without a name that no container uses; with -a, those with a name too.
What a container of some project uses, running or not, and what is being loaded stays.`, Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return imagecmd.Prune(ctx, a.env, o)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) imageTag() *cobra.Command {
	return &cobra.Command{
		Use: "tag SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", Short: "Give an image another name",
		Long: "Give an image another name. A name that another image has moves.", Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			return imagecmd.Tag(c.Context(), a.env, args[0], args[1])
		},
	}
}
