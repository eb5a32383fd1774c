package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/commitcmd"
)

func (a *app) commit() *cobra.Command {
	o := &commitcmd.CommitOptions{}
	c := &cobra.Command{
		Use: "commit [OPTIONS] SERVICE [REPOSITORY[:TAG]]", Short: "Make an image of a service's container",
		Long: `Make an image of what a service's container has changed of its own, whether it runs or
not. What lies in volumes is not part of it.`, Args: between(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			t, err := a.target(ctx)
			if err != nil {
				return err
			}
			return commitcmd.Commit(ctx, a.env, t, o, args[0], first(args[1:]))
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) export() *cobra.Command {
	o := &commitcmd.ExportOptions{}
	c := &cobra.Command{
		Use: "export [OPTIONS] SERVICE", Short: "Export a service's file system as a tar archive",
		Long: `Write the root file system of a service's container as a tar, whether it runs or not.
What lies in volumes is not part of it.`, Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			t, err := a.target(ctx)
			if err != nil {
				return err
			}
			return commitcmd.Export(ctx, a.env, t, o, args[0])
		},
	}
	o.Register(c.Flags())
	return c
}
