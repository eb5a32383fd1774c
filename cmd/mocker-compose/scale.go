package main

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) scale() *cobra.Command {
	o := &client.ScaleOptions{}
	c := &cobra.Command{
		Use: "scale [OPTIONS] SERVICE=REPLICAS...", Short: "Run so many replicas of services",
		Long: `Start or remove containers until services have so many. The next up goes back to
what the file says.`,
		Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			replicas, err := client.Replicas(args)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			t, err := a.wanted(ctx, slices.Sorted(maps.Keys(replicas)))
			if err != nil {
				return err
			}
			return a.env.Scale(ctx, t, o, replicas)
		},
	}
	o.Register(c.Flags())
	return c
}
