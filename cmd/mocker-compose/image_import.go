package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
)

func (a *app) imageImport() *cobra.Command {
	o := &imagecmd.ImportOptions{}
	c := &cobra.Command{
		Use: "import [OPTIONS] FILE|- [REPOSITORY[:TAG]]", Short: "Make an image of the tar of a root file system",
		Long: `Make an image with one layer of the tar of a root file system, plain or compressed, as
docker export writes it or a distribution offers it. It prints the image's id.

  mocker-compose image import --change 'CMD ["/bin/sh"]' rootfs.tar.gz mine:1`, Args: between(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			name := ""
			if len(args) == 2 {
				name = args[1]
			}
			return imagecmd.Import(ctx, a.env, o, args[0], name)
		},
	}
	o.Register(c.Flags())
	return c
}
