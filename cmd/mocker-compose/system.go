package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/systemcmd"
)

// group is a command that is nothing without one of its own commands.
func group(use, short, long string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use + " COMMAND", Short: short, Long: long, Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{c.CommandPath(), fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
			}
			return c.Help()
		},
	}
	c.AddCommand(commands...)
	return c
}

func (a *app) system() *cobra.Command {
	return group("system", "See and free what takes room on the disk",
		`See what takes room in your data directory, and remove what nothing uses:

  mocker-compose system df
  mocker-compose system prune -a`, a.systemDF(), a.systemPrune())
}

func (a *app) systemDF() *cobra.Command {
	o := &systemcmd.DFOptions{}
	c := &cobra.Command{
		Use: "df [OPTIONS]", Short: "Show how much of the disk is used",
		Long: "Show how much of the disk images, containers, volumes and the build cache use, and how much of that nothing needs.", Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return systemcmd.DF(ctx, a.env, o)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) systemPrune() *cobra.Command {
	o := &systemcmd.PruneOptions{}
	c := &cobra.Command{
		Use: "prune [OPTIONS]", Short: "Remove what nothing uses",
		Long: `Remove the containers of projects of which nothing runs, networks that no project is
on, images without a name that no container uses, and the build cache that no image has.
With -a, all images that no container uses, and all of the build cache. Named volumes stay.`, Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return systemcmd.Prune(ctx, a.env, o)
		},
	}
	o.Register(c.Flags())
	return c
}
