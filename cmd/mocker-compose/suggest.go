package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// unknownShell says which shells there are scripts for.
func unknownShell(name string) error {
	return fmt.Errorf("no completion for the shell %q: use bash, zsh or fish", name)
}

// unknownCommand says what is wrong with a command's name, and what may be meant.
func unknownCommand(c *cobra.Command, name string) error {
	text := fmt.Sprintf("unknown command: %q", c.CommandPath()+" "+name)
	near := c.SuggestionsFor(name)
	if best := suggest.Near(name, near); best != "" {
		near = []string{best} // of short names, many are two letters away
	}
	if len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{c.CommandPath(), fmt.Errorf("%s", text)}
}

// badFlag says what is wrong with a flag, which one may be meant, and that it is one
// of those that stand before the command.
func badFlag(c *cobra.Command, err error) error {
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	text := err.Error()
	name, long := strings.CutPrefix(text, "unknown flag: --")
	global := c.Root().Flags().Lookup(name)
	if short, ok := strings.CutPrefix(text, "unknown shorthand flag: '"); ok {
		global = c.Root().Flags().ShorthandLookup(short[:1])
	}
	if c.HasParent() && global != nil && global.Name != "help" && global.Name != "version" {
		err = fmt.Errorf("%w (it stands before the command: %s %s)", err, c.Root().Name(), before(global, c))
	} else if near := suggest.Near(name, known); long && near != "" {
		err = fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return &usageError{c.CommandPath(), err}
}

// before is a global flag with its value and the command behind it.
func before(f *pflag.Flag, c *cobra.Command) string {
	name, _ := pflag.UnquoteUsage(f)
	text := "--" + f.Name
	if f.Shorthand != "" {
		text = "-" + f.Shorthand
	}
	if name != "" {
		text += " " + strings.ToUpper(name)
	}
	return text + strings.TrimPrefix(c.CommandPath(), c.Root().CommandPath())
}
