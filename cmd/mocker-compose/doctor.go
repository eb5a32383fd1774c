package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/doctor"
)

func (a *app) doctor() *cobra.Command {
	var format string
	var asJSON, quiet bool
	c := &cobra.Command{
		Use: "doctor [OPTIONS]", Short: "Say what this machine can do, and what mends what it cannot",
		Long: `Try what projects need of this machine, in namespaces that are thrown away. What is to
be mended comes first, each with its cause, the commands that mend it here, and what is
lost meanwhile; then what works. Nothing is changed.

The exit code is the number of problems that keep projects from running: 0 if they run,
with less than one would expect or not.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if format != "pretty" && format != "json" {
				return fmt.Errorf("unsupported format %q: use pretty or json", format)
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			r := doctor.Run(ctx, a.env.Dirs)
			var err error
			if asJSON || format == "json" {
				err = doctor.WriteJSON(a.env.Stdout, r)
			} else {
				err = doctor.WriteText(a.env.Stdout, r, quiet)
			}
			if err == nil && r.Blocking > 0 {
				err = &client.ExitError{Code: r.Blocking}
			}
			return err
		},
	}
	c.Flags().StringVar(&format, "format", "pretty", "pretty or json")
	c.Flags().BoolVar(&asJSON, "json", false, "the same as --format json")
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "only what is to be mended")
	return c
}
