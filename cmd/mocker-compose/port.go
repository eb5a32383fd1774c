package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
)

func (a *app) port() *cobra.Command {
	o := &lookcmd.PortOptions{}
	c := &cobra.Command{
		Use: "port [OPTIONS] SERVICE [PRIVATE_PORT]", Short: "Print where a port of a service is published",
		Long: `Print the address of the host at which a port of a service is published, or, without
a port, a line for each of them.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 1 || len(args) == 2 {
				return nil
			}
			return &usageError{c.CommandPath(), fmt.Errorf("%q accepts 1 or 2 arguments: %s", c.CommandPath(), c.UseLine())}
		},
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, args []string) error {
		return lookcmd.Port(ctx, a.env, t, o, args)
	})
	return c
}
