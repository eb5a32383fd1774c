package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// app is what the commands share.
type app struct{ env *client.Env }

// usageError is a mistake in the command line.
type usageError struct {
	path string // of the command that was meant
	err  error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

const rootHelp = `Run compose projects as a plain user, with docker compose's commands and flags:
no daemon, no sudo, no container engine.

  mocker-compose up -d       bring the services of ./compose.yaml up
  mocker-compose ps          see what runs
  mocker-compose logs -f     follow what they say
  mocker-compose exec web sh look inside one
  mocker-compose down        end it all; nothing is left`

func newRoot(env *client.Env) *cobra.Command {
	a := &app{env}
	var showVersion bool
	root := &cobra.Command{
		Use:              "mocker-compose",
		Short:            "docker compose without docker: rootless and daemonless",
		Long:             rootHelp,
		SilenceErrors:    true,
		SilenceUsage:     true,
		TraverseChildren: true,
		Args:             cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if showVersion {
				return env.ShowVersion(&client.VersionOptions{})
			}
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			return c.Help()
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			env.Doing = c.Name()
			if err := env.Settings(); err != nil {
				return err
			}
			return checkDryRun(env, c)
		},
	}
	root.SetOut(env.Results())
	root.SetErr(env.Stderr)
	// Local flags, so that `-f FILE` before and `logs -f` behind the command
	// do not clash.
	env.Global.Register(root.Flags())
	completes(root, "progress", "auto", "plain", "tty", "json", "quiet")
	root.Flags().BoolVarP(&showVersion, "version", "v", false, "print the version")
	root.Flags().SetInterspersed(false)
	root.SetFlagErrorFunc(badFlag)
	cobra.EnableCommandSorting = false  // lists are in our order
	root.SuggestionsMinimumDistance = 2 // letters that may be wrong
	root.CompletionOptions.DisableDefaultCmd = true
	commands := []*cobra.Command{a.up(), a.down(), a.ps(), a.logs(), a.exec(), a.stop(), a.start(), a.restart(),
		a.kill(), a.run(), a.create(), a.rm(), a.wait(), a.watch(), a.pause(), a.plan(), a.unpause(), a.attach(), a.scale(),
		a.alpha(), a.bridge(), refuse("publish"), a.graph(), a.build(), a.pull(), a.push(), a.config(), a.doctor(), a.ls(), a.man(), a.version(), a.unshare(),
		a.login(), a.logout(), a.commit(), a.completion(), a.export(), a.cp(), a.events(), a.image(), a.images(), a.network(), a.port(), a.stats(), a.system(), a.builder(), a.top(), a.volume(), a.volumes(), a.why()}
	commands, headings := arrange(commands)
	root.AddGroup(headings...)
	root.SetHelpCommandGroupID("rest")
	root.AddCommand(commands...)
	for _, c := range commands {
		exemplify(c, c.Name())
		giveDryRun(env, c)
	}
	a.complete(root)
	return root
}

// rename makes the texts of help name the program as the user does.
func rename(root *cobra.Command) {
	if client.Program == client.Ours {
		return
	}
	root.Use = client.Program
	if first, _, ok := strings.Cut(client.Program, " "); ok {
		root.Use = first // cobra takes the first word for the name
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: client.Program}
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.Short, c.Long, c.Example = client.Said(c.Short), client.Said(c.Long), client.Said(c.Example)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// interruptible ends ctx at Ctrl-C or SIGTERM; a second one ends the process.
func interruptible(ctx context.Context) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
