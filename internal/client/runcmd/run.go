package runcmd

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/bridge"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/logs"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/project"
)

// containerName is what docker allows as a name.
var containerName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// maxName bounds the name of a container, in bytes, as the loader does: files are named for it.
const maxName = 200

// CheckRun refuses flags that cannot be carried out, before any file is read.
func CheckRun(env *client.Env, o *RunOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Quiet {
		env.Global.Progress = string(display.Quiet)
	}
	if o.Name != "" && !containerName.MatchString(o.Name) {
		return fmt.Errorf("invalid container name %q: use letters, digits, _, . and -, and begin with a letter or a digit", o.Name)
	}
	if len(o.Name) > maxName {
		return fmt.Errorf("container name of %d bytes: use at most %d", len(o.Name), maxName)
	}
	if o.Terminal(env) && o.interactive && !o.Detach && !tty.Is(env.Stdin) {
		return errors.New("the input device is not a TTY")
	}
	return nil
}

// Run runs a container of its own from a service, svc as the flags changed it,
// and ends with its exit code; detached, when it runs.
func Run(ctx context.Context, env *client.Env, t client.Target, o *RunOptions, svc *project.Service) error {
	release, err := env.Prepare(ctx, t, &client.Preparation{Images: o.images, Uplink: o.uplink, Ports: &o.Ports, NoDeps: o.NoDeps, Service: svc})
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &beside{
		env: env, project: t.Name, prog: env.Progress(), query: logs.Query{Follow: true, Tail: -1}, input: o.interactive,
		proxy: func(bool) bool { return true },
		req:   api.Request{Op: api.OpRun, Run: runRequest(env, t, o, svc)},
	}
	if b.keys, err = tty.ParseKeys(""); err != nil {
		return err
	}
	if o.interactive && !o.Detach && !svc.TTY {
		if b.file, b.feed, err = bridge.Pipe(); err != nil {
			return err
		}
	}
	b.signals = forward(env, t.Name, cancel)
	if err := env.Supervisors().Ensure(ctx, t.Name); err != nil {
		b.close()
		return err
	}
	if env.Global.DryRun {
		defer b.close()
		return env.Demand(ctx, b.project, b.req, b.prog.Answer)
	}
	if o.Detach {
		defer b.close()
		return runDetached(ctx, env, b)
	}
	if err = b.follow(ctx); errors.Is(err, errDetached) {
		return nil
	}
	return err
}

// runDetached prints the container's id when it runs.
func runDetached(ctx context.Context, env *client.Env, b *beside) error {
	err := env.Demand(ctx, b.project, b.req, b.prog.Answer)
	if err == nil {
		_, err = fmt.Fprintln(env.Stdout, b.req.Run.ID)
	}
	return err
}

func runRequest(env *client.Env, t client.Target, o *RunOptions, svc *project.Service) *api.RunRequest {
	one := *svc
	one.Build = nil
	r := &api.RunRequest{
		Project: t.Project.WithoutBuilds(), Service: one, ID: randomID(), Slug: randomID(), Name: o.Name, NoDeps: o.NoDeps,
		UseAliases: o.UseAliases, Remove: o.Remove, Detach: o.Detach, RemoveOrphans: env.RemoveOrphans(o.RemoveOrphans), IgnoreOrphans: env.IgnoreOrphans(),
	}
	if r.Name == "" {
		r.Name = t.Project.Joined(t.Name, svc.Name, "run", r.Slug[:12])
	}
	return r
}

// randomID is 64 hex digits.
func randomID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(b[:])
}

// pour copies our standard input to its end and says so by closing.
func pour(to, from *os.File) {
	defer to.Close()
	_, _ = io.Copy(to, from) // fails when the container does not read any more
}
