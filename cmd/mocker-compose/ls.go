package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) ls() *cobra.Command {
	o := &client.LSOptions{}
	c := &cobra.Command{
		Use: "ls [OPTIONS]", Short: "List projects",
		Long: "List your projects of which something runs; with -a, the stopped ones too.", Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return a.env.LS(ctx, o)
		},
	}
	o.Register(c.Flags())
	return c
}
