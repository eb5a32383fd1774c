package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/doctor"
)

func (a *app) doctor() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "doctor [OPTIONS]", Short: "Say what this machine can do, and what mends what it cannot",
		Long: `Try what projects need of this machine, in namespaces that are thrown away: user
namespaces, bridges, rules, helpers for other uplinks. Each line says what was found
and, where something is missing, the command that mends it. The exit code is 1 when
projects cannot run; what they can do without is no failure.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if format != "pretty" && format != "json" {
				return fmt.Errorf("unsupported format %q: use pretty or json", format)
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			checks := doctor.Run(ctx)
			write := doctor.WriteText
			if format == "json" {
				write = doctor.WriteJSON
			}
			if err := write(a.env.Stdout, checks); err != nil {
				return err
			}
			if !doctor.Fit(checks) {
				return &client.ExitError{Code: 1}
			}
			return nil
		},
	}
	c.Flags().StringVar(&format, "format", "pretty", "pretty or json")
	return c
}
