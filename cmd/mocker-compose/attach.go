package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/runcmd"
)

func (a *app) attach() *cobra.Command {
	o := &runcmd.AttachOptions{}
	c := &cobra.Command{
		Use: "attach [OPTIONS] SERVICE", Short: "Join the standard files of a running container",
		Long: `Show what a running container writes from now on, and pass on what is typed if the
service has stdin_open or tty. Ctrl-P Ctrl-Q leaves a container's terminal; the
exit code is the container's when it ends first.`,
		Args: atLeast(1),
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, args []string) error {
		return runcmd.Attach(ctx, a.env, t, o, args[0])
	})
	return c
}
