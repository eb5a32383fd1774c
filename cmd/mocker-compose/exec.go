package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/execcmd"
)

func (a *app) exec() *cobra.Command {
	o := &execcmd.Options{}
	c := &cobra.Command{
		Use: "exec [OPTIONS] SERVICE COMMAND [ARGS...]", Short: "Execute a command in a running container",
		Long: `Execute a command in a running container, on a terminal of its own if yours is one.
The exit code is the command's.`,
		Args: atLeast(2),
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, args []string) error {
		return execcmd.Exec(ctx, a.env, t, o, args[0], args[1:])
	})
	return c
}
