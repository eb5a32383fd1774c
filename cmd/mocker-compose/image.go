package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) image() *cobra.Command {
	c := &cobra.Command{
		Use: "image COMMAND", Short: "Manage images", Args: cobra.ArbitraryArgs,
		Long: `Manage the images of your store, with docker's commands. What is in the store can be
named in a compose file:

  docker save nginx:1.27 | mocker-compose image load
  mocker-compose image save web:1 | ssh HOST docker load
  mocker-compose image import rootfs.tar.gz mine:1
  mocker-compose image ls
  mocker-compose image prune -a`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{c.CommandPath(), fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
			}
			return c.Help()
		},
	}
	c.AddCommand(a.imageLoad(), a.imagePull(), a.imagePush(), a.imageImport(), a.imageList(), a.imageInspect(), a.imageHistory(), a.imageRemove(), a.imagePrune(), a.imageTag(), a.imageSave())
	return c
}
