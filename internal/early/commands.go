package early

import (
	"context"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/execcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/runcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/whycmd"
)

func ps(ctx context.Context, env *client.Env, args []string) call {
	fs, o := flags(), &lookcmd.PSOptions{}
	o.Register(fs)
	// Without orphans the files count, and a template needs its package.
	if fs.Parse(args) != nil || !o.Orphans || !o.Plain() {
		return nil
	}
	return with(ctx, env, func(ctx context.Context, t client.Target) error { return lookcmd.PS(ctx, env, t, o, fs.Args()) })
}

func execute(ctx context.Context, env *client.Env, args []string) call {
	fs, o := flags(), &execcmd.Options{}
	o.Register(fs)
	if fs.Parse(args) != nil || fs.NArg() < 2 {
		return nil
	}
	return with(ctx, env, func(ctx context.Context, t client.Target) error {
		return execcmd.Exec(ctx, env, t, o, fs.Arg(0), fs.Args()[1:])
	})
}

func ls(_ context.Context, env *client.Env, args []string) call {
	fs, o := flags(), &lookcmd.LSOptions{}
	o.Register(fs)
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		return nil
	}
	return func(ctx context.Context) error { return lookcmd.LS(ctx, env, o) }
}

func version(_ context.Context, env *client.Env, args []string) call {
	fs, o := flags(), &client.VersionOptions{}
	o.Register(fs)
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		return nil
	}
	return func(context.Context) error { return env.ShowVersion(o) }
}

// with makes a call on the project that flags, environment or directory name;
// nil when only its files can tell.
func with(ctx context.Context, env *client.Env, f func(context.Context, client.Target) error) call {
	t, ok := env.Guess(ctx)
	if !ok {
		return nil
	}
	return func(ctx context.Context) error { return f(ctx, t) }
}

// byName lets a command go this way only by name: with files, they say what an
// orphan is.
func byName(c command) command {
	return func(ctx context.Context, env *client.Env, args []string) call {
		if len(env.Global.Files) > 0 || env.Global.ProjectName == "" {
			return nil
		}
		return c(ctx, env, args)
	}
}

// some leaves a command without a single argument to cobra, which explains it.
func some(c command) command {
	return func(ctx context.Context, env *client.Env, args []string) call {
		for _, a := range args {
			if !strings.HasPrefix(a, "-") {
				return c(ctx, env, args)
			}
		}
		return nil
	}
}

func attach(ctx context.Context, env *client.Env, args []string) call {
	fs, o := flags(), &runcmd.AttachOptions{}
	o.Register(fs)
	if fs.Parse(args) != nil || fs.NArg() == 0 {
		return nil
	}
	return with(ctx, env, func(ctx context.Context, t client.Target) error { return runcmd.Attach(ctx, env, t, o, fs.Arg(0)) })
}

// of makes the command of a function that takes options and services.
func of[T any, P interface {
	*T
	Register(*pflag.FlagSet)
}](f func(context.Context, *client.Env, client.Target, P, []string) error,
) command {
	return services(func(e *client.Env, ctx context.Context, t client.Target, o P, args []string) error {
		return f(ctx, e, t, o, args)
	})
}

// services makes the command of a method of Env that takes options and services.
func services[T any, P interface {
	*T
	Register(*pflag.FlagSet)
}](method func(*client.Env, context.Context, client.Target, P, []string) error,
) command {
	return func(ctx context.Context, env *client.Env, args []string) call {
		fs, o := flags(), P(new(T))
		o.Register(fs)
		if fs.Parse(args) != nil {
			return nil
		}
		return with(ctx, env, func(ctx context.Context, t client.Target) error {
			return method(env, ctx, t, o, fs.Args())
		})
	}
}

// start is start with the account of a failure.
func start(ctx context.Context, env *client.Env, t client.Target, o *client.StartOptions, services []string) error {
	return whycmd.PostMortem(env, t, env.Start(ctx, t, o, services))
}
