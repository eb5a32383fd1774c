package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
)

func (a *app) imageLoad() *cobra.Command {
	o := &imagecmd.LoadOptions{}
	c := &cobra.Command{
		Use: "load [OPTIONS]", Short: "Load images from an archive or standard input",
		Long: `Load all images of an archive: what docker save or podman save writes, or a tar or a
directory of an OCI layout (skopeo, buildah, buildx, umoci), also compressed. Of an
image for several platforms, that of this machine is taken.`, Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return imagecmd.Load(ctx, a.env, o)
		},
	}
	o.Register(c.Flags())
	return c
}
