package systemcmd

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/client/measure"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/cachemount"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
)

// holdings is what the data directory holds.
type holdings struct {
	containers []container
	images     image.Usage
	volumes    []volume
	cache      []image.CacheUse
}

type container struct {
	api.Container
	bytes int64 // of its writable layer
}

func (c *container) runs() bool {
	return c.State == "running" || c.State == "restarting" || c.State == "paused"
}

type volume struct {
	name  string
	users int
	bytes int64
}

// gather looks at everything. A project that cannot be asked is warned of, and left out.
func gather(ctx context.Context, e *client.Env) (*holdings, error) {
	s, err := imagecmd.Open(e)
	if err != nil {
		return nil, err
	}
	h := &holdings{}
	if h.containers, err = containers(ctx, e); err != nil {
		return nil, err
	}
	if h.images, err = s.Usage(ctx); err != nil {
		return nil, err
	}
	if h.volumes, err = allVolumes(e); err != nil {
		return nil, err
	}
	return h, h.measure(ctx, e, s)
}

func containers(ctx context.Context, e *client.Env) (list []container, err error) {
	names, err := e.Projects()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		cs, err := e.Containers(ctx, name, true)
		if err != nil {
			e.Warn(fmt.Sprintf("project %s: %v", name, err))
			continue
		}
		for _, c := range cs {
			list = append(list, container{Container: c})
		}
	}
	return list, nil
}

func allVolumes(e *client.Env) (list []volume, err error) {
	s := volumes.Open(e.Dirs)
	all, err := s.List()
	if err != nil {
		return nil, err
	}
	users, err := s.Users()
	if err != nil {
		return nil, err
	}
	for i := range all {
		list = append(list, volume{name: all[i].Name, users: len(users[all[i].Name])})
	}
	return list, nil
}

// measure finds the sizes, in one go.
func (h *holdings) measure(ctx context.Context, e *client.Env, s *image.Store) error {
	mounts, err := s.Mounts().List()
	if err != nil {
		return err
	}
	var paths []string
	for i := range h.containers {
		c := &h.containers[i]
		paths = append(paths, filepath.Join(e.Dirs.ContainerData(c.Project, c.Name), "upper"))
	}
	vs := volumes.Open(e.Dirs)
	for i := range h.volumes {
		paths = append(paths, vs.Path(h.volumes[i].name))
	}
	for i := range mounts {
		paths = append(paths, s.Mounts().Path(mounts[i].Name))
	}
	sizes, err := measure.Sizes(ctx, s, paths)
	if err != nil {
		return err
	}
	for i := range h.containers {
		h.containers[i].bytes = sizes[i]
	}
	sizes = sizes[len(h.containers):]
	for i := range h.volumes {
		h.volumes[i].bytes = sizes[i]
	}
	sizes = sizes[len(h.volumes):]
	h.cache, err = s.CacheUses(ctx, func(m *cachemount.Info) int64 {
		for i := range mounts {
			if mounts[i].Name == m.Name {
				return sizes[i]
			}
		}
		return 0
	})
	if err != nil {
		return err
	}
	fetched, err := contexts.List(e.Dirs.Data)
	for _, f := range fetched {
		h.cache = append(h.cache, image.CacheUse{ID: path.Base(f.Name), Type: f.Type, Text: f.Text, Created: f.Used, Used: f.Used, Bytes: f.Bytes, InUse: f.InUse})
	}
	return err
}
