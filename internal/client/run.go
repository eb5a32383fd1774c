package client

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
	"github.com/mocker-compose/mocker-compose/internal/client/bridge"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/logs"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/project"
)

// containerName is what docker allows as a name.
var containerName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// CheckRun refuses flags that cannot be carried out, before any file is read.
func (e *Env) CheckRun(o *RunOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Quiet {
		e.Global.Progress = string(display.Quiet)
	}
	if o.Name != "" && !containerName.MatchString(o.Name) {
		return fmt.Errorf("invalid container name %q: use letters, digits, _, . and -, and begin with a letter or a digit", o.Name)
	}
	if o.Terminal(e) && o.interactive && !o.Detach && !tty.Is(e.Stdin) {
		return errors.New("the input device is not a TTY")
	}
	return nil
}

// Run runs a container of its own from a service, svc as the flags changed it,
// and ends with its exit code; detached, when it runs.
func (e *Env) Run(ctx context.Context, t Target, o *RunOptions, svc *project.Service) error {
	if err := e.externals(ctx, t.Project); err != nil {
		return err
	}
	uplink, err := e.uplink(o.uplink, t.Project.Uplink)
	if err != nil {
		return err
	}
	t.Project.Uplink = uplink
	if err := o.Ports.Apply(e.Getenv, append(pointers(t.Project.Services), svc)...); err != nil {
		return err
	}
	e.Notices(t.Project.Notices)
	release, err := e.getImages(ctx, t.Project, o.images, o.NoDeps, []string{svc.Name})
	if err != nil {
		return err
	}
	defer release()
	if err := e.provide(ctx, t, []string{svc.Name}, o.NoDeps, svc); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &beside{
		env: e, project: t.Name, prog: e.progress(), query: logs.Query{Follow: true, Tail: -1}, input: o.interactive,
		proxy: func(bool) bool { return true },
		req:   api.Request{Op: api.OpRun, Run: e.runRequest(t, o, svc)},
	}
	if b.keys, err = tty.ParseKeys(""); err != nil {
		return err
	}
	if o.interactive && !o.Detach && !svc.TTY {
		if b.file, b.feed, err = bridge.Pipe(); err != nil {
			return err
		}
	}
	b.signals = e.forward(t.Name, cancel)
	if err := e.ensure(ctx, t.Name); err != nil {
		b.close()
		return err
	}
	if e.Global.DryRun {
		defer b.close()
		return e.call(ctx, b.project, starting, b.req, b.prog.answer)
	}
	if o.Detach {
		defer b.close()
		return e.runDetached(ctx, b)
	}
	if err = b.follow(ctx); errors.Is(err, errDetached) {
		return nil
	}
	return err
}

// runDetached prints the container's id when it runs.
func (e *Env) runDetached(ctx context.Context, b *beside) error {
	err := e.call(ctx, b.project, starting, b.req, b.prog.answer)
	if err == nil {
		_, err = fmt.Fprintln(e.Stdout, b.req.Run.ID)
	}
	return err
}

func (e *Env) runRequest(t Target, o *RunOptions, svc *project.Service) *api.RunRequest {
	one := *svc
	one.Build = nil
	r := &api.RunRequest{
		Project: t.Project.WithoutBuilds(), Service: one, ID: randomID(), Slug: randomID(), Name: o.Name, NoDeps: o.NoDeps,
		UseAliases: o.UseAliases, Remove: o.Remove, Detach: o.Detach, RemoveOrphans: e.removeOrphans(o.RemoveOrphans), IgnoreOrphans: e.ignoreOrphans(),
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
