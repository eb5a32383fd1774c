package roots

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/host/images"
	"github.com/mocker-compose/mocker-compose/internal/host/mounts"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// Mounts finds the layers of the images that are mounted in a container that has these ids
// exchanged.
func (k *Keeper) Mounts(ctx context.Context, name string, list []mounts.Mount, x exchange.IDs) error {
	for i := range list {
		m := &list[i]
		if m.Type != project.MountImage {
			continue
		}
		root, err := k.imageMount(ctx, name, m.Mount, i, x)
		if err != nil {
			return err
		}
		m.Layers, m.Data = root.Lower, root.Data
	}
	return nil
}

// imageMount finds the directories of an image that is to be mounted, and marks
// it as used by the container. Where no overlay can be made it is copied.
func (k *Keeper) imageMount(ctx context.Context, name string, m project.Mount, n int, x exchange.IDs) (*image.Root, error) {
	root, err := k.imageLayers(ctx, name, m, n, x)
	if err != nil || len(root.Lower) == 1 || k.Overlay() == nil {
		return root, err
	}
	dir, mount := k.dir(name), fmt.Sprintf("mount.%d", n)
	whole := filepath.Join(dir, mount)
	if _, err := os.Lstat(whole); !errors.Is(err, fs.ErrNotExist) {
		return &image.Root{Lower: []string{whole}}, err
	}
	if err := safepath.RemoveBelow(dir, mount+".copying"); err != nil {
		return nil, err
	}
	if err := layer.Copy(ctx, root.Lower, whole+".copying"); err != nil {
		return nil, errors.Join(err, safepath.RemoveBelow(dir, mount+".copying"))
	}
	return &image.Root{Lower: []string{whole}}, os.Rename(whole+".copying", whole)
}

func (k *Keeper) imageLayers(ctx context.Context, name string, m project.Mount, n int, x exchange.IDs) (*image.Root, error) {
	if path, ok := strings.CutPrefix(m.Source, images.RootFS); ok {
		root, err := k.Archives.Prepare(ctx, path)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		for _, text := range root.Notices {
			k.Notice(text)
		}
		return &image.Root{Lower: []string{root.Lower}}, nil
	}
	img, err := k.Finder().Find(ctx, m.Source, func(string, string) {})
	if err != nil {
		return nil, err
	}
	store, err := k.Images()
	if err != nil {
		return nil, err
	}
	var root *image.Root
	if data := k.dir(name); x.None() {
		root, err = store.UseMount(ctx, img.ID, data, n)
	} else {
		root, err = store.UseMountVariant(ctx, img.ID, data, n, k.Variant(x, false))
	}
	if err != nil {
		return nil, err
	}
	for _, text := range root.Notices {
		k.Notice(text)
	}
	if len(root.Lower) == 0 {
		return nil, fmt.Errorf("image %s: there is nothing in it", m.Source)
	}
	return root, nil
}

// Tree is the detached tree of an image in a container, read-only; layers and contents are
// those of the mount.
func (k *Keeper) Tree(name string, layers, contents []string) (*os.File, error) {
	data := k.dir(name)
	if len(layers) > 1 {
		return openUnion(data, layers, contents)
	}
	if filepath.Dir(layers[0]) != data && k.Overlay() == nil { // else it is this container's copy
		if tree, err := openUnion(data, layers, contents); err == nil {
			return tree, nil // not over every directory of the user's
		}
	}
	return sandbox.Bind(layers[0])
}

// openUnion makes the overlay; with fewer than two directories the kernel makes none.
func openUnion(data string, layers, contents []string) (*os.File, error) {
	none := filepath.Join(data, "mount.work")
	if err := os.Mkdir(none, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if len(layers) == 1 {
		layers = []string{layers[0], none}
	}
	return sandbox.Overlay(sandbox.Layers{Lower: layers, Data: contents, Work: none})
}
