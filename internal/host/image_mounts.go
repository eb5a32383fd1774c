package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/host/images"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// imageMount finds the directories of an image that is to be mounted, and marks
// it as used by the container. Where no overlay can be made it is copied.
func (r *Runtime) imageMount(ctx context.Context, sc *supervisor.Container, m project.Mount, n int) ([]string, error) {
	layers, err := r.imageLayers(ctx, sc, m, n)
	if err != nil || len(layers) == 1 || r.overlay() == nil {
		return layers, err
	}
	dir, name := r.dirs.ContainerData(r.project, sc.Name), fmt.Sprintf("mount.%d", n)
	whole := filepath.Join(dir, name)
	if _, err := os.Lstat(whole); !errors.Is(err, fs.ErrNotExist) {
		return []string{whole}, err
	}
	if err := removeBelow(dir, name+".copying"); err != nil {
		return nil, err
	}
	if err := layer.Copy(ctx, layers, whole+".copying"); err != nil {
		return nil, errors.Join(err, removeBelow(dir, name+".copying"))
	}
	return []string{whole}, os.Rename(whole+".copying", whole)
}

func (r *Runtime) imageLayers(ctx context.Context, sc *supervisor.Container, m project.Mount, n int) ([]string, error) {
	if path, ok := strings.CutPrefix(m.Source, images.RootFS); ok {
		root, err := r.images.Prepare(ctx, path)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		for _, text := range root.Notices {
			r.notice(text)
		}
		return []string{root.Lower}, nil
	}
	img, err := r.finder().Find(ctx, m.Source, func(string, string) {})
	if err != nil {
		return nil, err
	}
	store, err := r.store()
	if err != nil {
		return nil, err
	}
	root, err := store.UseMount(ctx, img.ID, r.dirs.ContainerData(r.project, sc.Name), n)
	if err != nil {
		return nil, err
	}
	for _, text := range root.Notices {
		r.notice(text)
	}
	if len(root.Lower) == 0 {
		return nil, fmt.Errorf("image %s: there is nothing in it", m.Source)
	}
	return root.Lower, nil
}

// openLayers is the detached tree of an image, read-only.
//
// An overlay, also of one layer: who has CAP_SYS_ADMIN inside takes "read-only" off a bind
// mount, and would write into the store's layer. An overlay without an upper directory has
// nothing to write to.
func (r *Runtime) openLayers(c *container, layers []string) (*os.File, error) {
	data := r.dirs.ContainerData(r.project, c.name)
	if len(layers) > 1 {
		return r.openUnion(data, layers)
	}
	if filepath.Dir(layers[0]) != data && r.overlay() == nil { // else it is this container's copy
		if tree, err := r.openUnion(data, layers); err == nil {
			return tree, nil // not over every directory of the user's
		}
	}
	return sandbox.Bind(layers[0])
}

// openUnion makes the overlay; with fewer than two directories the kernel makes none.
func (r *Runtime) openUnion(data string, layers []string) (*os.File, error) {
	none := filepath.Join(data, "mount.work")
	if err := os.Mkdir(none, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if len(layers) == 1 {
		layers = []string{layers[0], none}
	}
	return sandbox.Overlay(sandbox.Layers{Lower: layers, Work: none})
}

// closeSources closes the trees of images.
func closeSources(sources map[string]sandbox.Source) {
	for _, s := range sources {
		if s.Tree != nil {
			s.Tree.Close()
		}
	}
}
