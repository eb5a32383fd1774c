package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// onServices makes the RunE of a command that works on services of a project.
func (a *app) onServices(f func(context.Context, client.Target, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		ctx, stop := interruptible(c.Context())
		defer stop()
		t, err := a.target(ctx)
		if err != nil {
			return err
		}
		return f(ctx, t, args)
	}
}
