package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/logcmd"
)

func (a *app) logs() *cobra.Command {
	o := &logcmd.Options{}
	c := &cobra.Command{Use: "logs [OPTIONS] [SERVICE...]", Short: "Show what containers have written", Long: `Show what containers have written, in order of arrival. The logs outlive the
containers' runs and are readable while the project is stopped.

--grep, --level and --exclude choose lines, and --tail counts those that are chosen:

  mocker-compose logs --grep 'timeout|refused' -n 20
  mocker-compose logs -f --level warn --exclude db
  mocker-compose logs --since last-restart web

--json prints an object for each line with the keys time, sequence, service, container,
stream, level (if it has one) and line; bytes is the line in base64 if it is no UTF-8.`}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		return logcmd.Logs(ctx, a.env, t, o, services)
	})
	return c
}
