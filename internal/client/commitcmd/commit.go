package commitcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/progress"
)

// CommitOptions are the flags of commit.
type CommitOptions struct {
	Index           int
	Author, Message string
	Changes         []string
	Pause           bool
}

// Register defines the flags in fs.
func (o *CommitOptions) Register(fs *pflag.FlagSet) {
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several")
	fs.StringVarP(&o.Author, "author", "a", "", "who made it, as \"Jane Doe <jane@example.com>\"")
	fs.StringArrayVarP(&o.Changes, "change", "c", nil, "change the configuration by a Dockerfile `line`, as CMD or ENV")
	fs.StringVarP(&o.Message, "message", "m", "", "what was changed")
	fs.BoolVarP(&o.Pause, "pause", "p", true, "pause the container meanwhile")
}

// Commit makes an image of a service's container. ref "" gives it no name.
func Commit(ctx context.Context, e *client.Env, t client.Target, o *CommitOptions, service, ref string) error {
	if ref != "" {
		n, err := imageref.Parse(ref)
		if err != nil {
			return err
		}
		if n.Digest != "" {
			return fmt.Errorf("%s: an image is named by a tag, not by a digest", ref)
		}
	}
	c, err := find(ctx, e, t, service, o.Index)
	if err != nil {
		return err
	}
	if e.Global.DryRun {
		return c.rehearse(e, o, ref)
	}
	id := "Container " + c.container.Name
	show := e.Display()
	show.On(progress.Event{ID: id, Text: "Committing"})
	img, err := c.commit(ctx, e, t, o, ref)
	if err != nil {
		show.On(progress.Event{ID: id, Status: progress.Error, Text: "Error"})
		show.Pause()
		return fmt.Errorf("commit %s: %w", c.container.Name, err)
	}
	show.On(progress.Event{ID: id, Status: progress.Done, Text: "Committed as " + img.ID})
	return nil
}

// rehearse tells of a commit that would not fail before anything is done.
func (t *tree) rehearse(e *client.Env, o *CommitOptions, ref string) error {
	raw, err := t.store.Raw(t.image.ID)
	if err != nil {
		return fmt.Errorf("configuration of its image: %w", err)
	}
	if _, err := t.config(raw, o, ""); err != nil {
		return err
	}
	if ref != "" {
		ref = "as " + ref
	}
	e.RehearseWith("Container", t.container.Name, "Committing", "Committed", ref)
	return nil
}

func (t *tree) commit(ctx context.Context, e *client.Env, target client.Target, o *CommitOptions, ref string) (img image.Image, err error) {
	raw, err := t.store.Raw(t.image.ID)
	if err != nil {
		return img, fmt.Errorf("configuration of its image: %w", err)
	}
	if _, err := t.config(raw, o, ""); err != nil { // before anything is paused
		return img, err
	}
	// Without a name: it goes with this process.
	spool, err := os.CreateTemp(e.Dirs.Images(), ".commit.*")
	if err != nil {
		return img, err
	}
	defer spool.Close()
	if err := os.Remove(spool.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) { // a sweep was faster
		return img, err
	}
	resume := t.pause(ctx, e, target, o)
	a, err := t.write(ctx, true, spool)
	resume()
	if err != nil {
		return img, err
	}
	session, err := t.store.Begin(ctx)
	if err != nil {
		return img, err
	}
	defer session.Close()
	n := image.NewImage{Layers: t.image.Layers, Notices: e.Warn}
	diff := ""
	if !a.Empty {
		if _, err := spool.Seek(0, 0); err != nil {
			return img, err
		}
		l, err := session.AddLayer(ctx, image.Blob{DiffID: a.DiffID}, spool, nil)
		if err != nil {
			return img, err
		}
		n.Layers, diff = append(n.Layers[:len(n.Layers):len(n.Layers)], l.Key), a.DiffID
	}
	if n.Config, err = t.config(raw, o, diff); err != nil {
		return img, err
	}
	if ref != "" {
		n.Names = []string{ref}
	}
	return session.AddImage(ctx, n)
}

// pause pauses the containers of the service, if they run; the returned function
// lets them go on.
func (t *tree) pause(ctx context.Context, e *client.Env, target client.Target, o *CommitOptions) (resume func()) {
	if !o.Pause || t.container.State != "running" {
		return func() {}
	}
	quiet := &client.Env{Stdin: e.Stdin, Stdout: e.Stdout, Stderr: e.Stderr, Getenv: e.Getenv, Dirs: e.Dirs, Global: e.Global}
	quiet.Global.Progress = string(progress.Quiet)
	if err := quiet.Pause(ctx, target, nil, []string{t.container.Service}); err != nil {
		if ctx.Err() != nil { // it may have been carried out all the same
			_ = quiet.Unpause(context.WithoutCancel(ctx), target, nil, []string{t.container.Service})
			return func() {}
		}
		e.Warn(fmt.Sprintf("%s cannot be paused (%v): what it writes meanwhile may be in the image by half", t.container.Name, err))
		return func() {}
	}
	return func() {
		if err := quiet.Unpause(context.WithoutCancel(ctx), target, nil, []string{t.container.Service}); err != nil {
			e.Warn(fmt.Sprintf("%s stays paused: %v: mocker-compose unpause %s", t.container.Name, err, t.container.Service))
		}
	}
}
