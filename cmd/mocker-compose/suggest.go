package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// unknownShell says which shells there are scripts for.
func unknownShell(name string) error {
	return fmt.Errorf("no completion for the shell %q: use bash, zsh or fish", name)
}

// unknownCommand says what is wrong with a command's name, and what may be meant.
func unknownCommand(c *cobra.Command, name string) error {
	text := fmt.Sprintf("unknown command: %q", c.CommandPath()+" "+name)
	if near := c.SuggestionsFor(name); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{c.CommandPath(), fmt.Errorf("%s", text)}
}
