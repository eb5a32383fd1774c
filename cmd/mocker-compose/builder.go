package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/systemcmd"
)

func (a *app) builder() *cobra.Command {
	return group("builder", "Manage the build cache",
		`Manage what build keeps so that the next build is fast:

  mocker-compose builder prune --filter until=168h`, a.builderPrune())
}

func (a *app) builderPrune() *cobra.Command {
	o := &systemcmd.CachePruneOptions{}
	c := &cobra.Command{
		Use: "prune [OPTIONS]", Short: "Remove what the build cache holds",
		Long: `Remove the layers that build keeps and no image has, and the directories of
RUN --mount=type=cache. What a build uses just now stays.`, Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return systemcmd.PruneCache(ctx, a.env, o)
		},
	}
	o.Register(c.Flags())
	return c
}
