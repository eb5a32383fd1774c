package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
)

func (a *app) imageSave() *cobra.Command {
	o := &imagecmd.SaveOptions{}
	c := &cobra.Command{
		Use: "save [OPTIONS] IMAGE [IMAGE...]", Short: "Save images into an archive",
		Long: `Write images, with their names and all of their layers, into a tar that docker load,
podman load, skopeo and image load read. A name without a tag saves all of its tags.

  mocker-compose image save -o all.tar web:1 db:16
  mocker-compose image save web:1 | ssh HOST docker load`, Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return imagecmd.Save(ctx, a.env, o, args)
		},
	}
	o.Register(c.Flags())
	return c
}
