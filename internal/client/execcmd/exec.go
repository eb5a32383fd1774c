package execcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/bridge"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Options are the flags of exec.
type Options struct {
	NoTTY, Detach, Privileged bool
	Env                       []string
	User, WorkingDir          string
	Index                     int
	interactive, tty          bool
}

// Register defines the flags in fs. What follows the service belongs to the command.
func (o *Options) Register(fs *pflag.FlagSet) {
	fs.SetInterspersed(false)
	fs.BoolVarP(&o.Detach, "detach", "d", false, "do not wait for the command")
	fs.StringArrayVarP(&o.Env, "env", "e", nil, "set a variable: `KEY=VALUE`, or KEY to hand on your own")
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several (default: the first that runs)")
	fs.BoolVar(&o.Privileged, "privileged", false, "with every capability of the user namespace")
	fs.StringVarP(&o.User, "user", "u", "", "as `USER[:GROUP]`")
	fs.BoolVarP(&o.NoTTY, "no-tty", "T", false, "without a terminal; default when input or output is none")
	fs.BoolVar(&o.NoTTY, "no-TTY", false, "")
	fs.StringVarP(&o.WorkingDir, "workdir", "w", "", "in `DIR` inside the container")
	// docker compose has these for scripts written for `docker exec -it`: on anyway.
	fs.BoolVarP(&o.interactive, "interactive", "i", true, "")
	fs.BoolVarP(&o.tty, "tty", "t", true, "")
	for _, name := range []string{"interactive", "tty", "no-TTY"} {
		_ = fs.MarkHidden(name) // fails only for a flag that does not exist
	}
}

// Exec executes a command in a running container, with its exit code as ours.
func Exec(ctx context.Context, env *client.Env, t client.Target, o *Options, service string, argv []string) error {
	req := &api.ExecRequest{
		Service: service, Index: o.Index, Args: argv, Env: o.environ(), User: o.User,
		WorkingDir: o.WorkingDir, Privileged: o.Privileged, Detach: o.Detach,
	}
	req.TTY = o.tty && !o.NoTTY && !o.Detach && tty.Is(env.Stdin) && tty.Is(env.Stdout)
	if req.TTY {
		req.Rows, req.Cols = tty.Size(env.Stdout)
	}
	if env.Global.DryRun {
		return rehearse(ctx, env, t, req)
	}
	files, err := filesFor(env, req)
	if err != nil {
		return err
	}
	defer files.Close()
	var patience reach.Patience
	for {
		patience.Begin(api.OpExec)
		err := executeOnce(ctx, env, t.Name, req, files.Files)
		if !errors.Is(err, errUnheard) {
			if derr := files.Drain(); err == nil {
				err = derr
			}
			return err
		}
		if err := patience.Again(ctx, env.Supervisors(), t.Name); err != nil {
			return err
		}
	}
}

// rehearse tells in which container the command would be executed.
func rehearse(ctx context.Context, env *client.Env, t client.Target, req *api.ExecRequest) error {
	cs, err := env.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	if err := client.UnknownService(t, cs, []string{req.Service}); err != nil {
		return err
	}
	c, err := client.Running(cs, req.Service, req.Index)
	if err == nil {
		env.RehearseWith("Container", c.Name, "Executing", "Executed", strings.Join(req.Args, " "))
	}
	return err
}

// filesFor are the standard files of the command: none with a terminal of its own.
func filesFor(env *client.Env, req *api.ExecRequest) (*bridge.Bridges, error) {
	switch {
	case req.TTY:
		return &bridge.Bridges{}, nil
	case req.Detach:
		return bridge.Null()
	}
	return bridge.New(env.Stdin, env.Stdout, env.Stderr)
}

// errUnheard: the supervisor died before it took the request up.
var errUnheard = errors.New("the supervisor did not hear the request")

// executeOnce asks one supervisor.
func executeOnce(ctx context.Context, env *client.Env, name string, req *api.ExecRequest, files []*os.File) error {
	c, err := env.Supervisors().Connect(ctx, name, reach.Asking)
	if errors.Is(err, reach.ErrNotRunning) {
		return fmt.Errorf("service %q is not running", req.Service)
	}
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.Send(api.Request{Op: api.OpExec, Exec: req}, files...); err != nil {
		return execLost(reach.Broken(ctx, err), false)
	}
	return attend(ctx, env, c, req.Detach)
}

// attend waits for the end of an executed command, and is its terminal
// meanwhile if it has one.
func attend(ctx context.Context, env *client.Env, c *wire.Conn, detach bool) error {
	var term *tty.Terminal
	defer func() { term.Close() }()
	code := 0
	for heard := false; ; heard = true {
		var a api.Answer
		got, err := c.Receive(&a)
		if err != nil {
			return execLost(reach.Broken(ctx, err), heard)
		}
		if term, err = take(env, term, &a, got); err != nil {
			return err
		}
		switch {
		case a.Error != nil:
			return client.Remote(a.Error)
		case a.Exit != nil:
			code = a.Exit.Code
			term.Drain()
		}
		if a.Done || detach && a.Started != nil {
			break
		}
	}
	if code != 0 {
		return &client.ExitError{Code: code}
	}
	return nil
}

// take turns the file beside Started into our terminal.
func take(env *client.Env, term *tty.Terminal, a *api.Answer, got []*os.File) (*tty.Terminal, error) {
	for i, f := range got {
		if a.Started == nil || term != nil || i > 0 {
			f.Close()
			continue
		}
		var err error
		if term, err = tty.Open(env.Stdin, env.Stdout, f); err != nil {
			return term, err
		}
	}
	return term, nil
}

// execLost explains a connection that broke: unlike other requests, an exec that
// was heard is not repeated, since the command may have had effects.
func execLost(err error, heard bool) error {
	if errors.Is(err, reach.ErrBroken) && !heard {
		return fmt.Errorf("%w: %w", errUnheard, err)
	}
	if errors.Is(err, reach.ErrBroken) {
		return errors.New("the project's supervisor went away while the command ran; the command was not repeated")
	}
	return err
}

// environ gives variables without a value those of our own environment; one
// that we lack is left out, as docker does.
func (o *Options) environ() []string {
	var out []string
	for _, kv := range o.Env {
		if !strings.Contains(kv, "=") {
			v, ok := os.LookupEnv(kv)
			if !ok {
				continue
			}
			kv += "=" + v
		}
		out = append(out, kv)
	}
	return out
}
