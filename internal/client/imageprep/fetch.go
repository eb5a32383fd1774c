package imageprep

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/internal/registry"
)

// puller gets images from registries; tests have their own.
type puller interface {
	Pull(ctx context.Context, ref, platform string, store *image.Store, observe func(registry.Progress)) (image.Image, error)
}

// connect makes a client of registries. For what can be built it does not try long.
var connect = func(e *client.Env, patient bool) (puller, error) {
	o := registry.Options{Getenv: e.Getenv, Notice: e.Warn}
	if !patient {
		o.Attempts = 1
	}
	return registry.New(o)
}

// fetcher pulls images.
type fetcher struct {
	env   *client.Env
	shelf *shelf
	show  *progress.Display
	quiet bool // no layers

	mu      sync.Mutex
	clients map[bool]puller // by patience
}

func newFetcher(e *client.Env, s *shelf, quiet bool) *fetcher {
	return &fetcher{env: e, shelf: s, show: e.Display(), quiet: quiet, clients: map[bool]puller{}}
}

func (f *fetcher) client(patient bool) (puller, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[patient]; c != nil {
		return c, nil
	}
	c, err := connect(f.env, patient)
	if err == nil {
		f.clients[patient] = c
	}
	return c, err
}

// all pulls a list, several at a time. The first failure ends it, but for images that
// can be built, and with lenient for all: what failed is returned by the image's name.
func (f *fetcher) all(ctx context.Context, list []wanted, lenient bool) (failed map[string]error, err error) {
	failed = map[string]error{}
	limit := f.env.Parallel()
	if len(list) == 0 {
		return failed, nil
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for _, w := range list {
		group.Go(func() error {
			_, err := f.one(ctx, w)
			if err == nil || ctx.Err() != nil {
				return err
			}
			mu.Lock()
			failed[w.ref] = err
			mu.Unlock()
			if w.buildable || lenient {
				return nil
			}
			return err
		})
	}
	if err = group.Wait(); err != nil {
		f.show.Pause()
	}
	return failed, err
}

// one pulls an image, and tells of it.
func (f *fetcher) one(ctx context.Context, w wanted) (img image.Image, err error) {
	if f.env.Global.DryRun {
		f.env.Rehearse("Image", w.ref, "Pulling", "Pulled")
		return img, nil
	}
	id := "Image " + w.ref
	f.show.On(progress.Event{ID: id, Text: "Pulling"})
	registry, err := f.client(!w.buildable)
	if err == nil {
		img, err = registry.Pull(ctx, w.ref, w.platform, f.shelf.store, f.observe(id))
	}
	switch {
	case err == nil:
		f.shelf.asks.now(w.ref)
		f.show.On(progress.Event{ID: id, Status: progress.Done, Text: "Pulled"})
	case ctx.Err() != nil:
		f.show.On(progress.Event{ID: id, Status: progress.Warning, Text: "Interrupted"})
		return img, context.Cause(ctx)
	case w.buildable:
		f.show.On(progress.Event{ID: id, Status: progress.Warning, Text: "Warning", Details: firstLine(err)})
	default:
		f.show.On(progress.Event{ID: id, Status: progress.Error, Text: "Error", Details: firstLine(err)})
	}
	if err != nil && !strings.Contains(err.Error(), w.ref) {
		err = fmt.Errorf("pull %s: %w", w.ref, err)
	}
	return img, err
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(cause.Line(err), "\n")
	return line
}

// observe shows the layers of an image.
func (f *fetcher) observe(id string) func(registry.Progress) {
	if f.quiet {
		return func(registry.Progress) {}
	}
	return func(p registry.Progress) {
		if p.Layer == "" {
			return // of the image as a whole we have words of our own
		}
		f.show.On(layerEvent(id, p))
	}
}

// joined is one error of several, each with what it is about.
func joined(failed map[string]error) error {
	var list []error
	for _, name := range sorted(failed) {
		list = append(list, failed[name])
	}
	return errors.Join(list...)
}
