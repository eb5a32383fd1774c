package imageprep

import (
	"context"
	"runtime"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/building"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// build builds the images of services.
func build(ctx context.Context, e *client.Env, have *shelf, p *project.Project, names []string, o building.Options) (map[string]image.Image, error) {
	limit := e.Parallel()
	if limit < 0 {
		limit = max(buildsAtOnce, runtime.NumCPU())
	}
	bases := &bases{fetcher: newFetcher(e, have, o.Quiet), got: map[string]func() (image.Image, error){}}
	b := &building.Builder{Env: e, Store: have.store, Project: p, Options: o, Base: bases.get}
	return b.All(ctx, names, limit)
}

// buildsAtOnce is how many builds are under way where the user sets no limit: each that
// has something to do starts a process, and does several steps at the same time.
const buildsAtOnce = 4

// bases gets images that builds start from: each is pulled once, however many stages
// and services ask for it.
type bases struct {
	fetcher *fetcher

	mu  sync.Mutex
	got map[string]func() (image.Image, error)
}

// get is a building.Base.
func (b *bases) get(ctx context.Context, ref, platform string, fresh bool) (image.Image, error) {
	if img, err := b.fetcher.shelf.store.Find(ref); (err == nil && !fresh || isID(ref)) && fits(&img, platform) {
		return img, err
	}
	key := ref + " " + platform
	b.mu.Lock()
	pull := b.got[key]
	if pull == nil {
		pull = sync.OnceValues(func() (image.Image, error) {
			return b.fetcher.one(ctx, wanted{ref: ref, platform: platform})
		})
		b.got[key] = pull
	}
	b.mu.Unlock()
	return pull()
}
