package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// What --dry-run means for each command: it tells what it would do, it changes nothing
// anyway, or it is refused, with the reason. A test walks over all commands: one that is
// not here would change something, or be refused without a word.

// rehearsed are those that tell.
var rehearsed = words(`up down create start stop restart run rm kill pause unpause scale alpha/scale build pull push cp watch alpha/watch
	exec attach export commit logout volume/create volume/rm volume/prune network/create network/rm network/prune
	image/load image/import image/save image/pull image/push image/rm image/prune image/tag system/prune builder/prune`)

// harmless are those that only look, or always fail with what to do instead.
var harmless = words(`ps logs ls config images port top stats events version wait graph volumes why plan help
	volume volume/ls volume/inspect network network/ls network/inspect network/connect network/disconnect image image/ls image/inspect image/history
	system system/df system/info builder builder/du alpha alpha/viz __man bridge bridge/transformations completion
	completion/bash completion/zsh completion/fish completion/powershell`)

// unrehearsed are those that would have to be done to be told of.
var unrehearsed = map[string]string{
	"unshare": "what the command does is its own affair",
	"login":   "it asks the registry",
	"doctor":  "it tries what this machine can do by doing it",
}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// pathOf is a command's name below the root: "volume/rm".
func pathOf(c *cobra.Command) string {
	_, rest, _ := strings.Cut(c.CommandPath(), " ")
	return strings.ReplaceAll(rest, " ", "/")
}

// checkDryRun refuses a dry run of a command that cannot be told without being done.
func checkDryRun(env *client.Env, c *cobra.Command) error {
	path := pathOf(c)
	if !env.Global.DryRun || path == "" || rehearsed[path] || harmless[path] || strings.HasPrefix(path, "__complete") {
		return nil
	}
	if _, refused := refusals[strings.ReplaceAll(path, "/", " ")]; refused {
		return nil // it says why itself
	}
	why := unrehearsed[path]
	if why == "" {
		why = "it has no rehearsal"
	}
	return &client.ExitError{Code: 1, Err: fmt.Errorf("--dry-run: %s is not done, and cannot be told without being done: %s", strings.ReplaceAll(path, "/", " "), why)}
}

// giveDryRun lets --dry-run stand behind every command too, as docker compose does: what
// refuses it says why.
func giveDryRun(env *client.Env, c *cobra.Command) {
	if c.HasParent() && !c.HasSubCommands() && c.Runnable() && !c.DisableFlagParsing && c.Flags().Lookup("dry-run") == nil {
		c.Flags().BoolVar(&env.Global.DryRun, "dry-run", false, "say what would be done, and do nothing")
		_ = c.Flags().MarkHidden("dry-run") // it is in the help of the program
	}
	for _, sub := range c.Commands() {
		giveDryRun(env, sub)
	}
}
