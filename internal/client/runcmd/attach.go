package runcmd

import (
	"context"
	"errors"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// AttachOptions are the flags of attach.
type AttachOptions struct {
	DetachKeys string
	Index      int
	NoStdin    bool
	SigProxy   bool
}

// Register defines the flags in fs.
func (o *AttachOptions) Register(fs *pflag.FlagSet) {
	fs.StringVar(&o.DetachKeys, "detach-keys", "", "the `KEYS` that leave the container's terminal (default ctrl-p,ctrl-q)")
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several (default: the first that runs)")
	fs.BoolVar(&o.NoStdin, "no-stdin", false, "do not pass standard input on")
	fs.BoolVar(&o.SigProxy, "sig-proxy", true, "pass signals on to the container, if it has no terminal")
}

// Attach joins our standard files with those of a running container, from now
// on, and ends with its exit code. What it reads is passed on if the service has
// stdin_open.
func Attach(ctx context.Context, env *client.Env, t client.Target, o *AttachOptions, service string) error {
	keys, err := tty.ParseKeys(o.DetachKeys)
	if err != nil {
		return err
	}
	cs, err := env.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	if err := client.UnknownService(t, cs, []string{service}); err != nil {
		return err
	}
	if env.Global.DryRun {
		c, err := client.Running(cs, service, o.Index)
		if err == nil {
			env.Rehearse("Container", c.Name, "Attaching", "Attached")
		}
		return err
	}
	b := &beside{
		env: env, project: t.Name, prog: env.Progress(), query: logs.Query{Follow: true, Tail: 0}, keys: keys,
		input: !o.NoStdin, redraw: true, proxy: func(tty bool) bool { return o.SigProxy && !tty },
		req: api.Request{Op: api.OpAttach, Attach: &api.AttachRequest{Service: service, Index: o.Index}},
	}
	// Signals are ours to deal with, not the caller's.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	b.signals = forward(env, t.Name, cancel)
	err = b.follow(ctx)
	switch {
	case errors.Is(err, reach.ErrNotRunning):
		return errors.New("service \"" + service + "\" is not running")
	case errors.Is(err, context.Canceled):
		return &client.ExitError{Code: client.Interrupted}
	}
	return err
}
