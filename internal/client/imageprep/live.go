package imageprep

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/internal/sources"
	"github.com/mocker-compose/mocker-compose/project"
)

// live are the images of services that another program of this machine has, each
// once: only we can ask it, and the supervisor takes what we have seen last.
func live(services []*project.Service) (list []imageref.Source) {
	add := func(ref string) {
		if !imageref.IsSource(ref) {
			return
		}
		if src, err := imageref.ParseSource(ref); err == nil && src.Live() && !slices.Contains(list, src) {
			list = append(list, src)
		}
	}
	for _, s := range services {
		add(s.Image)
		for _, m := range s.Mounts {
			if m.Type == project.MountImage {
				add(m.Source)
			}
		}
	}
	return list
}

// takeOver makes them images of the store. What is there already is not mentioned.
func takeOver(ctx context.Context, e *client.Env, store *image.Store, list []imageref.Source) error {
	if len(list) == 0 || e.Global.DryRun {
		return nil
	}
	limit := e.Parallel()
	show := e.Display()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for _, src := range list {
		group.Go(func() error {
			id, reading := "Image "+src.String(), false
			say := sync.OnceFunc(func() {
				reading = true
				show.On(progress.Event{ID: id, Text: "Loading"})
			})
			_, err := sources.Load(ctx, store, e.Getenv, src, say)
			switch {
			case err == nil && reading:
				show.On(progress.Event{ID: id, Status: progress.Done, Text: "Loaded"})
			case err != nil && ctx.Err() == nil:
				show.On(progress.Event{ID: id, Status: progress.Error, Text: "Error", Details: firstLine(err)})
			}
			return err
		})
	}
	err := group.Wait()
	if err != nil {
		show.Pause()
	}
	return err
}
