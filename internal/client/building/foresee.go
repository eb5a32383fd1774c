package building

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/build/solve"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// Foresee finds, of services that would be built, the images of those whose every step
// is in the cache: what a build would come to without making anything. The Dockerfile
// and the files of the context are read; nothing is fetched, started or written, but
// that the cache was asked. Whatever cannot be told so is left out: the build itself
// says what is wrong. Broken are those whose context or Dockerfile cannot be read.
func (b *Builder) Foresee(ctx context.Context, names []string) (cached map[string]image.Image, broken map[string]error) {
	b.built, broken = map[string]image.Image{}, map[string]error{}
	list, err := b.Needed(names)
	if err != nil {
		return nil, nil
	}
	for _, s := range list {
		known := tellable(s.Build) && !b.Options.NoCache && !b.Options.Pull
		for _, on := range s.Build.BuildsOn() {
			_, ok := b.built[on]
			known = known && ok
		}
		if !known {
			continue
		}
		j, err := b.open(ctx, s, &told{service: s.Name, show: b.Env.Display()})
		if err != nil {
			if ctx.Err() == nil {
				broken[s.Name] = b.explain(s, err)
			}
			continue
		}
		if img, err := j.foresee(ctx); err == nil {
			b.built[s.Name] = img
		}
	}
	return b.built, broken
}

// tellable: the context is here, and nothing has to be asked or loaded.
func tellable(b *project.Build) bool {
	if !local(b) || b.NoCache || b.Pull || len(b.CacheFrom) > 0 || len(b.NoCacheFilter) > 0 {
		return false
	}
	for _, address := range b.Contexts {
		if !filepath.IsAbs(address) && !strings.HasPrefix(address, imageContext) && !strings.HasPrefix(address, serviceContext) {
			return false
		}
	}
	return true
}

func (j *job) foresee(ctx context.Context) (img image.Image, err error) {
	defer j.close()
	graph, err := dockerfile.Lower(ctx, j.input)
	if err != nil {
		return img, err
	}
	r := j.request(ctx, graph)
	r.Foresee, r.Observe = true, nil
	r.Worker = func(context.Context) (build.Worker, error) { return nil, solve.ErrChanged }
	result, err := solver(ctx, r)
	if err != nil {
		return img, err
	}
	return result.Image, nil
}
