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
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// imageMounts finds what images the container has mounted, as mounts with their numbers.
func (r *Runtime) imageMounts(ctx context.Context, c *container, sc *supervisor.Container) error {
	for i := range sc.Service.Mounts { // those of others follow
		m := &c.rec.Mounts[i]
		if m.Type != project.MountImage {
			continue
		}
		root, err := r.imageMount(ctx, c, sc, m.Mount, i)
		if err != nil {
			return err
		}
		m.Layers, m.Data = root.Lower, root.Data
	}
	return nil
}

// imageMount finds the directories of an image that is to be mounted, and marks
// it as used by the container. Where no overlay can be made it is copied.
func (r *Runtime) imageMount(ctx context.Context, c *container, sc *supervisor.Container, m project.Mount, n int) (*image.Root, error) {
	root, err := r.imageLayers(ctx, c, sc, m, n)
	if err != nil || len(root.Lower) == 1 || r.overlay() == nil {
		return root, err
	}
	dir, name := r.dirs.ContainerData(r.project, sc.Name), fmt.Sprintf("mount.%d", n)
	whole := filepath.Join(dir, name)
	if _, err := os.Lstat(whole); !errors.Is(err, fs.ErrNotExist) {
		return &image.Root{Lower: []string{whole}}, err
	}
	if err := removeBelow(dir, name+".copying"); err != nil {
		return nil, err
	}
	if err := layer.Copy(ctx, root.Lower, whole+".copying"); err != nil {
		return nil, errors.Join(err, removeBelow(dir, name+".copying"))
	}
	return &image.Root{Lower: []string{whole}}, os.Rename(whole+".copying", whole)
}

func (r *Runtime) imageLayers(ctx context.Context, c *container, sc *supervisor.Container, m project.Mount, n int) (*image.Root, error) {
	if path, ok := strings.CutPrefix(m.Source, images.RootFS); ok {
		root, err := r.images.Prepare(ctx, path)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		for _, text := range root.Notices {
			r.notice(text)
		}
		return &image.Root{Lower: []string{root.Lower}}, nil
	}
	img, err := r.finder().Find(ctx, m.Source, func(string, string) {})
	if err != nil {
		return nil, err
	}
	store, err := r.store()
	if err != nil {
		return nil, err
	}
	var root *image.Root
	if data := r.dirs.ContainerData(r.project, sc.Name); c.rec.Own.None() {
		root, err = store.UseMount(ctx, img.ID, data, n)
	} else {
		root, err = store.UseMountVariant(ctx, img.ID, data, n, r.variant(c.rec.Own, ""))
	}
	if err != nil {
		return nil, err
	}
	for _, text := range root.Notices {
		r.notice(text)
	}
	if len(root.Lower) == 0 {
		return nil, fmt.Errorf("image %s: there is nothing in it", m.Source)
	}
	return root, nil
}

// openLayers is the detached tree of an image, read-only.
//
// An overlay, also of one layer: who has CAP_SYS_ADMIN inside takes "read-only" off a bind
// mount, and would write into the store's layer. An overlay without an upper directory has
// nothing to write to.
func (r *Runtime) openLayers(c *container, layers, contents []string) (*os.File, error) {
	data := r.dirs.ContainerData(r.project, c.name)
	if len(layers) > 1 {
		return r.openUnion(data, layers, contents)
	}
	if filepath.Dir(layers[0]) != data && r.overlay() == nil { // else it is this container's copy
		if tree, err := r.openUnion(data, layers, contents); err == nil {
			return tree, nil // not over every directory of the user's
		}
	}
	return sandbox.Bind(layers[0])
}

// openUnion makes the overlay; with fewer than two directories the kernel makes none.
func (r *Runtime) openUnion(data string, layers, contents []string) (*os.File, error) {
	none := filepath.Join(data, "mount.work")
	if err := os.Mkdir(none, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if len(layers) == 1 {
		layers = []string{layers[0], none}
	}
	return sandbox.Overlay(sandbox.Layers{Lower: layers, Data: contents, Work: none})
}

// closeSources closes the trees of images.
func closeSources(sources map[string]sandbox.Source) {
	for _, s := range sources {
		if s.Tree != nil {
			s.Tree.Close()
		}
	}
}
