package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// Every command says what a dry run of it is: it tells, it only looks, or it is refused
// with a reason. And no list names a command that is not there.
func TestEveryCommandHasItsDryRun(t *testing.T) {
	seen := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if path := pathOf(c); path != "" {
			seen[path] = true
			n := 0
			_, refused := refusals[strings.ReplaceAll(path, "/", " ")]
			for _, in := range []bool{rehearsed[path], harmless[path], unrehearsed[path] != "", refused} {
				if in {
					n++
				}
			}
			if f := c.Flags().Lookup("dry-run"); c.Runnable() && !c.HasSubCommands() && !c.DisableFlagParsing && !refused && !strings.HasPrefix(path, "completion") && path != "help" && (f == nil || !f.Hidden) {
				t.Errorf("%s takes no --dry-run behind it", path)
			}
			if n != 1 {
				t.Errorf("%s is in %d of the lists of dryrun.go, want one", path, n)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	root := newRoot(&client.Env{})
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	walk(root)
	for path := range rehearsed {
		if !seen[path] {
			t.Errorf("%s: there is no such command", path)
		}
	}
}
