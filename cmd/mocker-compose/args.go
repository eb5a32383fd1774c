package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// atLeast wants n arguments or more.
func atLeast(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= n {
			return nil
		}
		return &usageError{c.CommandPath(), fmt.Errorf("%q requires at least %d %s: %s", c.CommandPath(), n, plural(n), c.UseLine())}
	}
}

// none wants no argument.
func none(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{c.CommandPath(), fmt.Errorf("%q accepts no arguments, not %q", c.CommandPath(), args)}
}

func plural(n int) string {
	if n == 1 {
		return "argument"
	}
	return "arguments"
}
