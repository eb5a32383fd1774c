package main

import (
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/graph"
)

// names are what a shell is offered: a function that is asked when TAB is pressed.
type names func(n *namer, args []string) []string

// arguments say what stands behind each command. One that is not here takes nothing
// that could be guessed.
var arguments = map[string]names{
	"attach": onlyFirst(up), "commit": onlyFirst(existing), "exec": onlyFirst(up), "export": onlyFirst(existing), "run": onlyFirst(all),
	"port": portArgs, "scale": scaleArgs,
	"build": all, "config": all, "create": all, "events": all, "graph": all, "plan": all, "ps": all, "pull": all, "push": all,
	"up": all, "volumes": all, "watch": all, "why": all, "logs": logged, "images": existing, "down": existing, "restart": existing,
	"kill": up, "pause": running, "stats": up, "stop": up, "top": up, "wait": up, "unpause": paused, "start": stopped, "rm": stopped,
	"image history": imageNames, "image inspect": imageNames, "image push": imageNames, "image rm": imageNames, "image save": imageNames, "image tag": onlyFirst(imageNames),
	"image pull": imageNames, "image ls": imageNames, "network inspect": networkNames, "network rm": networkNames, "volume inspect": volumeNames, "volume rm": volumeNames,
	"alpha viz": nothing, "alpha scale": scaleArgs, "alpha watch": all,
}

// values are what stands behind flags, by command and flag, or by the flag alone.
var values = map[string]names{
	"--ansi": oneOf("auto", "never", "always"), "--progress": oneOf("auto", "plain", "tty", "json", "quiet"),
	"--profile": profiles, "--project-name": projects, "--index": replicas,
	"--pull": oneOf("always", "missing", "never", "build"), "pull --policy": oneOf("missing", "always"), "down --rmi": oneOf("all", "local"),
	"--signal":    oneOf("SIGHUP", "SIGINT", "SIGKILL", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH"),
	"ps --status": oneOf("created", "dead", "exited", "paused", "removing", "restarting", "running"), "ps --filter": oneOf("status="),
	"ls --filter": oneOf("name="), "port --protocol": oneOf("tcp", "udp"), "--uplink": oneOf("relay", "pasta", "slirp4netns", "gvisor", "none"),
	"up --attach": all, "up --no-attach": all, "up --exit-code-from": all, "config --hash": all, "--scale": scaleArgs,
	"--format": oneOf("table", "json"), "config --format": oneOf("yaml", "json", "table"), "version --format": oneOf("pretty", "json"),
	"graph --format": oneOf(graph.Formats...), "doctor --format": oneOf("text", "json"), "--driver": oneOf("local"), "network create --driver": oneOf("bridge"),
	"image inspect --format": oneOf("json"), "network inspect --format": oneOf("json"), "volume inspect --format": oneOf("json"),
	"build --ssh": oneOf("default"), "logs --tail": oneOf("all", "10", "100", "1000"),
	"logs --level": oneOf("trace", "debug", "info", "notice", "warn", "error", "fatal"),
}

// files are flags whose values are files, which the shell knows best, and dirs
// directories.
var (
	files = []string{"env-file", "env-from-file", "output", "input"}
	dirs  = []string{"project-directory"}
)

func oneOf(list ...string) names { return func(*namer, []string) []string { return list } }

func nothing(*namer, []string) []string { return nil }

// onlyFirst offers what f does for the first argument, and nothing behind it.
func onlyFirst(f names) names {
	return func(n *namer, args []string) []string {
		if len(args) > 0 {
			return nil
		}
		return f(n, args)
	}
}

// complete lets the shell ask for names. It is done in one place, after all commands
// are there, so that a test can tell which have been forgotten.
func (a *app) complete(root *cobra.Command) {
	a.completeFlags(root, "")
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			path := strings.TrimPrefix(sub.CommandPath(), root.Name()+" ")
			if f := arguments[path]; f != nil {
				sub.ValidArgsFunction = a.offer(f)
			} else if path == "cp" {
				sub.ValidArgsFunction = a.offerCopy
			} else if sub.ValidArgsFunction == nil && len(sub.ValidArgs) == 0 && len(sub.Commands()) == 0 && path != "unshare" && !strings.HasPrefix(path, "image ") {
				sub.ValidArgsFunction = cobra.NoFileCompletions
			}
			a.completeFlags(sub, path)
			walk(sub)
		}
	}
	walk(root)
}

// completeFlags registers the values of a command's flags.
func (a *app) completeFlags(c *cobra.Command, path string) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.NoOptDefVal != "" {
			return // it takes no value
		}
		var offer cobra.CompletionFunc
		switch by, ok := values[strings.TrimSpace(path+" --"+f.Name)], values["--"+f.Name]; {
		case by != nil:
			offer = a.offer(by)
		case ok != nil:
			offer = a.offer(ok)
		case f.Name == "file":
			offer = cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt)
		case slices.Contains(dirs, f.Name):
			offer = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
		case slices.Contains(files, f.Name):
			return
		default:
			offer = cobra.NoFileCompletions
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, offer) // it fails for a flag that its command has seen to
	})
}

// offer makes cobra's function of ours: what begins as what was typed, and was not
// given yet. After "=" the value follows at once.
func (a *app) offer(f names) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		var out []string
		directive := cobra.ShellCompDirectiveNoFileComp
		for _, name := range f(a.namer(), args) {
			if strings.HasPrefix(name, typed) && !slices.Contains(args, name) && !strings.ContainsFunc(name, unicode.IsControl) {
				out = append(out, name)
				if strings.HasSuffix(name, "=") {
					directive |= cobra.ShellCompDirectiveNoSpace
				}
			}
		}
		return out, directive
	}
}

// offerCopy is cp's: SERVICE: or a file of ours; what is inside is not looked at.
func (a *app) offerCopy(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	if !strings.ContainsAny(typed, ":/.") && (len(args) == 0 || !strings.Contains(args[0], ":")) {
		for _, name := range existing(a.namer(), nil) {
			if strings.HasPrefix(name, typed) {
				out = append(out, name+":")
			}
		}
	}
	if len(out) > 0 {
		return out, cobra.ShellCompDirectiveNoSpace
	}
	return nil, cobra.ShellCompDirectiveDefault
}
