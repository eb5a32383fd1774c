package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/volumecmd"
)

func (a *app) volume() *cobra.Command {
	c := &cobra.Command{
		Use: "volume COMMAND", Short: "Manage volumes", Args: cobra.ArbitraryArgs,
		Long: `Manage your volumes, of all projects and of none, with docker's commands. A volume that
a compose file calls external has to be made first:

  mocker-compose volume create data
  mocker-compose volume ls
  mocker-compose volume prune      # anonymous ones that nothing uses`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{c.CommandPath(), fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
			}
			return c.Help()
		},
	}
	c.AddCommand(a.volumeCreate(), a.volumeList(), a.volumeInspect(), a.volumeRemove(), a.volumePrune())
	return c
}

func (a *app) volumeCreate() *cobra.Command {
	o := &volumecmd.CreateOptions{}
	c := &cobra.Command{
		Use: "create [OPTIONS] [VOLUME]", Short: "Make a volume",
		Long: `Make a volume, unless there is one of that name, and print its name.

  mocker-compose volume create --opt type=tmpfs --opt o=size=64m scratch
  mocker-compose volume create --opt o=bind --opt device=$HOME/data data`, Args: atMost(1),
		RunE: func(c *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return volumecmd.Create(c.Context(), a.env, o, name)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) volumeList() *cobra.Command {
	o := &volumecmd.ListOptions{}
	c := &cobra.Command{
		Use: "ls [OPTIONS]", Aliases: []string{"list"}, Short: "List volumes",
		Long: "List your volumes, named and anonymous, of all projects.", Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return volumecmd.List(c.Context(), a.env, o) },
	}
	o.RegisterAll(c.Flags())
	return c
}

func (a *app) volumeInspect() *cobra.Command {
	o := &volumecmd.InspectOptions{}
	c := &cobra.Command{
		Use: "inspect [OPTIONS] VOLUME [VOLUME...]", Short: "Show all that is known of volumes",
		Long: "Show all that is known of volumes, as docker's JSON.", Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			return volumecmd.Inspect(c.Context(), a.env, o, args)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) volumeRemove() *cobra.Command {
	o := &volumecmd.RemoveOptions{}
	c := &cobra.Command{
		Use: "rm [OPTIONS] VOLUME [VOLUME...]", Aliases: []string{"remove"}, Short: "Remove volumes",
		Long: "Remove volumes with all that is in them. One that a container uses, running or not, stays.", Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return volumecmd.Remove(ctx, a.env, o, args)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) volumePrune() *cobra.Command {
	o := &volumecmd.PruneOptions{}
	c := &cobra.Command{
		Use: "prune [OPTIONS]", Short: "Remove volumes that nothing uses",
		Long: `Remove anonymous volumes that no container uses, running or not; with -a, named ones
too. What is in them is lost.`, Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return volumecmd.Prune(ctx, a.env, o)
		},
	}
	o.Register(c.Flags())
	return c
}
