package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/plancmd"
)

func (a *app) plan() *cobra.Command {
	o := &plancmd.Options{}
	c := &cobra.Command{
		Use: "plan [OPTIONS] [SERVICE...]", Short: "Show what up would do, and why",
		Long: `Show what up would do with the services, or with those named and what they depend on:
which containers it would create, recreate, restart, start, update in place, keep or
remove, and which keys of the file differ. Contents of configs, secrets and env files
count. Nothing is started or changed.

  mocker-compose plan
  mocker-compose plan --format json | jq '.plan[] | select(.action != "keep")'
  mocker-compose plan --detailed-exitcode; [ $? = 2 ] && echo "there is something to do"

It ends with 0 when the plan was made, and with 1 when it could not be made. With
--detailed-exitcode it ends with 2 if there is something to do.`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			t, err := a.wanted(ctx, services)
			if err != nil {
				return err
			}
			return plancmd.Show(ctx, a.env, t, o, services)
		},
	}
	o.Register(c.Flags())
	completes(c, "pull", "always", "missing", "never", "build")
	completes(c, "format", "text", "json")
	return c
}
