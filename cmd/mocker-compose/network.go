package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/networkcmd"
)

func (a *app) network() *cobra.Command {
	c := &cobra.Command{
		Use: "network COMMAND", Short: "Manage networks", Args: cobra.ArbitraryArgs,
		Long: `Manage networks that your projects share, and look at all that there are. A network that
a compose file calls external has to be made first:

  mocker-compose network create front
  mocker-compose network ls
  mocker-compose network inspect front   # who is there, and what went through
  mocker-compose network prune           # those that no project is on`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{c.CommandPath(), fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
			}
			return c.Help()
		},
	}
	c.AddCommand(a.networkCreate(), a.networkList(), a.networkInspect(), a.networkRemove(), a.networkPrune(),
		a.networkAttach("connect"), a.networkAttach("disconnect"))
	return c
}

func (a *app) networkCreate() *cobra.Command {
	o := &networkcmd.CreateOptions{}
	c := &cobra.Command{
		Use: "create [OPTIONS] NETWORK", Short: "Make a network",
		Long: `Make a network that projects join by "external: true", and print its id. What is left
open of its addresses is chosen now and stays.

  mocker-compose network create front
  mocker-compose network create --subnet 10.20.0.0/24 --gateway 10.20.0.254 --ip-range 10.20.0.128/25 back
  mocker-compose network create --internal --ipv6 -o com.docker.network.driver.mtu=1400 vault`, Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return networkcmd.Create(c.Context(), a.env, o, args[0])
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) networkList() *cobra.Command {
	o := &networkcmd.ListOptions{}
	c := &cobra.Command{
		Use: "ls [OPTIONS]", Aliases: []string{"list"}, Short: "List networks",
		Long: "List the networks made by network create, and those of the projects that run.", Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return networkcmd.List(c.Context(), a.env, o) },
	}
	o.Register(c.Flags())
	return c
}

func (a *app) networkInspect() *cobra.Command {
	o := &networkcmd.InspectOptions{}
	c := &cobra.Command{
		Use: "inspect [OPTIONS] NETWORK [NETWORK...]", Short: "Show all that is known of networks",
		Long: `Show all that is known of networks, as docker's JSON: addresses, the containers that run
there, and the bytes and packets that each has received and sent, and all together.`, Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			return networkcmd.Inspect(c.Context(), a.env, o, args)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) networkRemove() *cobra.Command {
	o := &networkcmd.RemoveOptions{}
	c := &cobra.Command{
		Use: "rm [OPTIONS] NETWORK [NETWORK...]", Aliases: []string{"remove"}, Short: "Remove networks",
		Long: "Remove networks made by network create. One that a running project is on stays.", Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			return networkcmd.Remove(c.Context(), a.env, o, args)
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) networkPrune() *cobra.Command {
	o := &networkcmd.PruneOptions{}
	c := &cobra.Command{
		Use: "prune [OPTIONS]", Short: "Remove networks that nothing uses",
		Long: "Remove all networks made by network create that no running project is on.", Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return networkcmd.Prune(c.Context(), a.env, o) },
	}
	o.Register(c.Flags())
	return c
}

// networkAttach is a command of docker's that has no counterpart: what a container
// stands on is said by its file alone.
func (a *app) networkAttach(name string) *cobra.Command {
	return &cobra.Command{
		Use: name + " NETWORK CONTAINER", Short: "Say how a container gets or loses a network", Hidden: true, Args: cobra.ArbitraryArgs, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error { return networkcmd.Attach(name) },
	}
}
