package imageprep

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/internal/registry"
)

// ImagePullOptions are the flags of image pull.
type ImagePullOptions struct {
	Platform string
	Quiet    bool
}

// Register defines the flags in fs.
func (o *ImagePullOptions) Register(fs *pflag.FlagSet) {
	fs.StringVar(&o.Platform, "platform", "", "pull the image for a `PLATFORM`: OS/ARCHITECTURE[/VARIANT]")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print the image's name only")
}

// ImagePull pulls one image by its name. Docker's last lines are on standard output, and
// layers on standard error.
func ImagePull(ctx context.Context, e *client.Env, o *ImagePullOptions, ref string) error {
	name, err := imageref.Parse(ref)
	if err != nil {
		return err
	}
	if e.Global.DryRun {
		e.Rehearse("Image", ref, "Pulling", "Pulled")
		return nil
	}
	store, err := imagecmd.Open(e)
	if err != nil {
		return err
	}
	if name.Tag == "" && name.Digest == "" && !o.Quiet {
		e.Println("Using default tag: latest")
	}
	platform := o.Platform
	if platform == "" {
		platform = e.Getenv("DOCKER_DEFAULT_PLATFORM")
	}
	show := newLayers(e, "Image "+ref, "Pulling", o.Quiet)
	c, err := connect(e, true)
	if err == nil {
		_, err = c.Pull(ctx, ref, platform, store, show.on)
	}
	if err := show.end(ctx, "Pulled", err); err != nil {
		return err
	}
	asks{e.Dirs.Data}.now(ref)
	return show.print(name.Full() + "\n")
}

// ImagePushOptions are the flags of image push.
type ImagePushOptions struct{ Quiet bool }

// Register defines the flags in fs.
func (o *ImagePushOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print the image's name only")
}

// ImagePush pushes one image of the store by its name.
func ImagePush(ctx context.Context, e *client.Env, o *ImagePushOptions, ref string) error {
	name, err := imageref.Parse(ref)
	if err != nil {
		return err
	}
	if e.Global.DryRun {
		return rehearsePush(e, ref)
	}
	store, err := imagecmd.Open(e)
	if err != nil {
		return err
	}
	show := newLayers(e, "Image "+ref, "Pushing", o.Quiet)
	c, err := connectPush(e)
	if err == nil {
		_, err = c.Push(ctx, ref, store, show.on)
	}
	if err := show.end(ctx, "Pushed", err); err != nil {
		return err
	}
	if !o.Quiet {
		return show.print("") // docker push has no name at the end
	}
	return show.print(name.Full() + "\n")
}

// rehearsePush tells of the push of an image that is there.
func rehearsePush(e *client.Env, ref string) error {
	have, err := glance(e)
	if err != nil {
		return err
	}
	if have.store == nil {
		return &image.NotFoundError{Ref: ref}
	}
	if _, err := have.store.Find(ref); err != nil {
		return err
	}
	e.Rehearse("Image", ref, "Pushing", "Pushed")
	return nil
}

// layers shows one image that is pulled or pushed.
type layers struct {
	env   *client.Env
	id    string
	quiet bool

	mu   sync.Mutex
	said []string // of the image as a whole, for the end
}

func newLayers(e *client.Env, id, doing string, quiet bool) *layers {
	if quiet {
		e.Global.Progress = string(progress.Quiet)
	}
	e.Display().On(progress.Event{ID: id, Text: doing})
	return &layers{env: e, id: id, quiet: quiet}
}

func (l *layers) on(p registry.Progress) {
	if p.Layer != "" {
		l.env.Display().On(layerEvent(l.id, p))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, p.Status)
}

func (l *layers) end(ctx context.Context, done string, err error) error {
	e := progress.Event{ID: l.id, Status: progress.Done, Text: done}
	switch {
	case err != nil && ctx.Err() != nil:
		e.Status, e.Text = progress.Warning, "Interrupted"
	case err != nil:
		e.Status, e.Text, e.Details = progress.Error, "Error", firstLine(err)
	}
	l.env.Display().On(e)
	l.env.Settle()
	return err
}

// print writes what docker writes at the end, last the name.
func (l *layers) print(name string) error {
	text := ""
	for _, line := range l.said {
		if !l.quiet && (strings.HasPrefix(line, "Digest: ") || strings.HasPrefix(line, "Status: ") || strings.Contains(line, ": digest: ")) {
			text += line + "\n"
		}
	}
	_, err := fmt.Fprint(l.env.Stdout, text+name)
	return err
}

// settled are docker's words for a layer that needs nothing any more.
var settled = map[string]bool{
	registry.PullComplete: true, registry.AlreadyExists: true, "Pushed": true, "Layer already exists": true,
}

func layerEvent(parent string, p registry.Progress) progress.Event {
	e := progress.Event{ID: p.Layer, Parent: parent, Text: p.Status, Current: p.Current, Total: p.Total}
	if settled[p.Status] || strings.HasPrefix(p.Status, "Mounted from") {
		e.Status = progress.Done
	}
	return e
}
