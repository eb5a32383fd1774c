package systemcmd

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/client/measure"
	"github.com/mocker-compose/mocker-compose/internal/client/networkcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/volumecmd"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
)

// foresee tells what [Prune] would remove, in its order: what has no user any more when
// the containers are gone counts.
func (o *PruneOptions) foresee(ctx context.Context, e *client.Env, f *pruneFilter) error {
	d, err := doomedContainers(ctx, e, f)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, project := range d.projects {
		for _, name := range d.names[project] {
			e.RehearseWith("Container", name, "Removing", "Removed", units.HumanSize(float64(d.bytes[name])))
			total += d.bytes[name]
		}
	}
	errs := []error{networkcmd.Prune(ctx, e, &networkcmd.PruneOptions{Force: true, Filters: f.raw})}
	add := func(n int64, err error) { total += n; errs = append(errs, err) }
	if o.Volumes {
		add(volumecmd.ForeseeSweep(ctx, e, f.label, func(u volumes.User) bool { return d.has(u.Project, u.Container) }))
	}
	images, err := imagecmd.Foresee(ctx, e, func(h image.Holder) bool { return d.has(h.Project, h.Container) })
	if err != nil {
		return err
	}
	add(images.Sweep(ctx, o.All, f.raw))
	if len(f.label) == 0 { // records of the cache have none
		add(foreseeCache(ctx, e, images, image.CacheOptions{All: o.All, Until: f.until}))
	}
	imagecmd.Total(e, total)
	return errors.Join(errs...)
}

func (d *doomed) has(project, container string) bool {
	return slices.Contains(d.names[project], container)
}

// foreseeCache tells what [pruneCache] would remove.
func foreseeCache(ctx context.Context, e *client.Env, f *imagecmd.Foresight, o image.CacheOptions) (bytes int64, err error) {
	sizes := map[string]int64{}
	if s := f.Store(); s != nil {
		if sizes, err = mountSizes(ctx, s); err != nil {
			return 0, err
		}
	}
	bytes, err = f.PruneCache(ctx, o, sizes)
	fetched, ferr := contexts.List(e.Dirs.Data)
	for _, c := range fetched {
		if !c.InUse && time.Since(c.Used) >= unusedFor(&o) {
			e.RehearseWith("Cache", c.Name, "", "Deleted", units.HumanSize(float64(c.Bytes)))
			bytes += c.Bytes
		}
	}
	return bytes, errors.Join(err, ferr)
}

// mountSizes are the bytes of the cache mounts of builds, by their names.
func mountSizes(ctx context.Context, s *image.Store) (map[string]int64, error) {
	list, err := s.Mounts().List()
	if err != nil {
		return nil, err
	}
	var paths []string
	for i := range list {
		paths = append(paths, s.Mounts().Path(list[i].Name))
	}
	sizes, err := measure.Sizes(ctx, s, paths)
	byName := map[string]int64{}
	for i := range sizes {
		byName[list[i].Name] = sizes[i]
	}
	return byName, err
}
