package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
)

func (a *app) imageList() *cobra.Command {
	o := &imagecmd.ListOptions{}
	c := &cobra.Command{
		Use: "ls [OPTIONS] [REPOSITORY[:TAG]]", Aliases: []string{"list"}, Short: "List images",
		Long: "List the images of the store, the newest first, a line for each name.", Args: atMost(1),
		RunE: func(c *cobra.Command, args []string) error { return imagecmd.List(c.Context(), a.env, o, args) },
	}
	o.Register(c.Flags())
	return c
}

func (a *app) imageInspect() *cobra.Command {
	o := &imagecmd.InspectOptions{}
	c := &cobra.Command{
		Use: "inspect [OPTIONS] IMAGE [IMAGE...]", Short: "Show all that is known of images",
		Long: "Show all that is known of images, as docker's JSON.", Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error { return imagecmd.Inspect(c.Context(), a.env, o, args) },
	}
	o.Register(c.Flags())
	return c
}

func (a *app) imageHistory() *cobra.Command {
	o := &imagecmd.HistoryOptions{}
	c := &cobra.Command{
		Use: "history [OPTIONS] IMAGE", Short: "Show how an image was made",
		Long: "Show the steps by which an image was made, the newest first, and what each added.", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error { return imagecmd.History(c.Context(), a.env, o, args[0]) },
	}
	o.Register(c.Flags())
	return c
}
