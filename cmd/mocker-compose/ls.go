package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
)

func (a *app) ls() *cobra.Command {
	o := &lookcmd.LSOptions{}
	c := &cobra.Command{
		Use: "ls [OPTIONS]", Short: "List projects",
		Long: "List your projects of which something runs; with -a, the stopped ones too.", Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return lookcmd.LS(ctx, a.env, o)
		},
	}
	o.Register(c.Flags())
	return c
}
