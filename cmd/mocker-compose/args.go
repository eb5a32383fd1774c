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

// exactly wants n arguments.
func exactly(n int) cobra.PositionalArgs { return between(n, n) }

// atMost wants n arguments or fewer.
func atMost(n int) cobra.PositionalArgs { return between(0, n) }

// between wants some arguments, at most so many.
func between(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		wanted := fmt.Sprintf("%d %s", most, plural(most))
		switch {
		case len(args) >= least && len(args) <= most:
			return nil
		case least == 0:
			wanted = "at most " + wanted
		case least < most:
			wanted = fmt.Sprintf("%d to %s", least, wanted)
		}
		return &usageError{c.CommandPath(), fmt.Errorf("%q requires %s: %s", c.CommandPath(), wanted, c.UseLine())}
	}
}

// completes offers the values of a flag to the shell.
func completes(c *cobra.Command, flag string, values ...string) {
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that does not exist
}
