package imageprep

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/internal/registry"
	"github.com/mocker-compose/mocker-compose/project"
)

// PushOptions are the flags of push.
type PushOptions struct{ IgnoreFailures, IncludeDeps, Quiet bool }

// Register defines the flags in fs.
func (o *PushOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&o.IgnoreFailures, "ignore-push-failures", false, "push what can be pushed, and ignore what cannot")
	fs.BoolVar(&o.IncludeDeps, "include-deps", false, "push the images of dependencies too")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print no progress")
}

// pusher writes images to registries; tests have their own.
type pusher interface {
	Push(ctx context.Context, ref string, store *image.Store, observe func(registry.Progress)) (digest string, err error)
}

// Push pushes the images that services build, under all their names.
func Push(ctx context.Context, e *client.Env, p *project.Project, o *PushOptions, names []string) error {
	services, err := selected(p, names, o.IncludeDeps)
	if err != nil {
		return err
	}
	if o.Quiet {
		e.Global.Progress = string(progress.Quiet)
	}
	have, err := look(e)
	if err != nil {
		return err
	}
	return push(ctx, e, have, services, o)
}

func push(ctx context.Context, e *client.Env, have *shelf, services []*project.Service, o *PushOptions) error {
	client, err := connectPush(e)
	if err != nil {
		return err
	}
	limit := e.Parallel()
	show := e.Display()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for _, s := range services {
		if s.Build == nil || !s.Build.Named {
			show.On(progress.Event{ID: s.Name, Status: progress.Done, Text: "Skipped"})
			continue
		}
		if e.Global.DryRun {
			for _, tag := range append([]string{s.Image}, s.Build.Tags...) {
				e.Rehearse("Image", tag, "Pushing", "Pushed")
			}
			continue
		}
		group.Go(func() error { return pushNames(ctx, client, have.store, show, s, o) })
	}
	return group.Wait()
}

// pushNames pushes the image of a service under its names, one after the other: at the
// same time, each would send the layers that the registry has once the first is there.
func pushNames(ctx context.Context, client pusher, store *image.Store, show *progress.Display, s *project.Service, o *PushOptions) error {
	for _, tag := range append([]string{s.Image}, s.Build.Tags...) {
		err := pushOne(ctx, client, store, show, tag, o)
		if err != nil && (!o.IgnoreFailures || ctx.Err() != nil) {
			return err
		}
	}
	return nil
}

func pushOne(ctx context.Context, client pusher, store *image.Store, show *progress.Display, tag string, o *PushOptions) error {
	show.On(progress.Event{ID: tag, Text: "Pushing"})
	_, err := client.Push(ctx, tag, store, func(p registry.Progress) {
		if p.Layer == "" || o.Quiet {
			return
		}
		show.On(layerEvent(tag, p))
	})
	switch {
	case err == nil:
		show.On(progress.Event{ID: tag, Status: progress.Done, Text: "Pushed"})
		return nil
	case ctx.Err() != nil:
		show.On(progress.Event{ID: tag, Status: progress.Warning, Text: "Interrupted"})
		return context.Cause(ctx)
	case o.IgnoreFailures:
		show.On(progress.Event{ID: tag, Status: progress.Warning, Text: "Warning", Details: firstLine(err)})
	default:
		show.On(progress.Event{ID: tag, Status: progress.Error, Text: "Error", Details: firstLine(err)})
	}
	return fmt.Errorf("push %s: %w", tag, err)
}

// connectPush makes a client that writes to registries.
var connectPush = func(e *client.Env) (pusher, error) {
	return registry.New(registry.Options{Getenv: e.Getenv, Notice: e.Warn})
}
