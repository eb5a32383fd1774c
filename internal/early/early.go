package early

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// RoleArg is the first argument of a process of ours that is not a command line.
const RoleArg = rootless.RoleArg

func init() {
	connect()
	if code, done := run(os.Args); done {
		os.Exit(code)
	}
}

// run is a role or a fast command; done is false when it is neither.
func run(argv []string) (code int, done bool) {
	if len(argv) < 2 {
		return 0, false
	}
	if argv[1] == RoleArg {
		return role(argv[2:])
	}
	env, err := client.NewEnv()
	if err != nil {
		return 0, false
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once
	args := client.Arguments(argv)
	if len(args) == 1 && args[0] == client.PluginMetadata {
		return env.End(env.Introduce()), true
	}
	call := parse(ctx, env, args)
	if call == nil {
		return 0, false
	}
	if err = call(ctx); errors.Is(err, client.ErrUnread) {
		return 0, false
	}
	return env.End(err), true
}
