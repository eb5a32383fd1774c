package early

import (
	"context"
	"io"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/copycmd"
	"github.com/mocker-compose/mocker-compose/internal/client/logcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/whycmd"
)

// call carries a command out.
type call func(context.Context) error

// command makes the call of one command from its arguments; nil means that
// main shall have it.
type command func(ctx context.Context, env *client.Env, args []string) call

var commands = map[string]command{
	"ps":      ps,
	"exec":    execute,
	"logs":    of(logcmd.Logs),
	"ls":      ls,
	"version": version,
	"down":    byName(services((*client.Env).Down)),
	"stop":    services((*client.Env).Stop),
	"start":   of(start),
	"restart": services((*client.Env).Restart),
	"kill":    services((*client.Env).Kill),
	"cp":      of(copycmd.Copy),
	"events":  of(lookcmd.Events),
	"images":  of(lookcmd.Images),
	"port":    of(lookcmd.Port),
	"top":     of(lookcmd.Top),
	"pause":   services((*client.Env).Pause),
	"unpause": services((*client.Env).Unpause),
	"why":     of(whycmd.Why),
	"wait":    some(services((*client.Env).Wait)),
	"attach":  attach,
	"rm":      byName(services((*client.Env).Remove)),
}

// parse makes a call of a command line that is ours, else nil. Every mistake
// in it is left to cobra, which explains it.
func parse(ctx context.Context, env *client.Env, args []string) call {
	root := flags()
	root.SetInterspersed(false)
	env.Global.Register(root)
	if root.Parse(args) != nil || root.NArg() == 0 || env.Global.DryRun || env.Global.Old() || env.Settings() != nil {
		return nil
	}
	if f := commands[root.Arg(0)]; f != nil {
		env.Doing = root.Arg(0)
		return f(ctx, env, root.Args()[1:])
	}
	return nil
}

// flags is an empty set that fails without a word.
func flags() *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return fs
}
