package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/statscmd"
)

func (a *app) stats() *cobra.Command {
	o := &statscmd.Options{}
	c := &cobra.Command{
		Use: "stats [OPTIONS] [SERVICE...]", Short: "Show what containers use, live",
		Long: `Show what the project's containers use, once a second until you press Ctrl-C, as a table
drawn in place; elsewhere than on a terminal, one table after the other.

CPU % is of one processor. Memory is without the file cache that the kernel gives back
first; its limit is the machine's memory where the service has none. NET I/O counts since
the container was created, BLOCK I/O and PIDS (threads) are of its latest run.

Fields for --format: .Container .Name .ID .CPUPerc .MemUsage .MemPerc .NetIO .BlockIO
.PIDs, and of ours: .Service .State .CPUPressure .MemPressure .IOPressure. With json each
line has numbers too (CPUPercent, MemBytes, ...); what cannot be known is null.

  mocker-compose stats
  mocker-compose stats --no-stream --format json web
  mocker-compose stats --no-stream --format "{{.Name}} {{.CPUPerc}}"`,
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return statscmd.Stats(ctx, a.env, t, o, services)
	})
	return c
}
