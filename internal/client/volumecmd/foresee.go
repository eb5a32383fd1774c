package volumecmd

import (
	"context"

	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/client/measure"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
)

// ForeseeSweep tells what [Sweep] would remove if the containers were gone that without
// accepts, and returns how many bytes that are.
func ForeseeSweep(ctx context.Context, e *client.Env, filters []string, without func(volumes.User) bool) (bytes int64, err error) {
	s := volumes.Open(e.Dirs)
	f, err := newFilter(s, filters, "label")
	if err != nil {
		return 0, err
	}
	return foresee(ctx, e, s, false, f, without)
}

// foresee tells what a prune would remove, each with its bytes, and sums them up.
func foresee(ctx context.Context, e *client.Env, s *volumes.Store, all bool, f *filter, without func(volumes.User) bool) (total int64, err error) {
	names, err := unused(s, all, f, without)
	if err != nil || len(names) == 0 {
		return 0, err
	}
	images, err := imagecmd.Open(e)
	if err != nil {
		return 0, err
	}
	var paths []string
	for _, name := range names {
		paths = append(paths, s.Path(name))
	}
	sizes, err := measure.Sizes(ctx, images, paths)
	if err != nil {
		return 0, err
	}
	for i, name := range names {
		e.RehearseWith("Volume", name, "Removing", "Removed", units.HumanSize(float64(sizes[i])))
		total += sizes[i]
	}
	return total, nil
}
