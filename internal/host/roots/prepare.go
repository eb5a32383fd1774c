package roots

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/host/images"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Prepare finds the read-only part of the root and makes the writable one.
func (k *Keeper) Prepare(ctx context.Context, sc *kernel.Container, root *Root) error {
	if sc.Service.Image == "" {
		return nil
	}
	if err := k.findLayers(ctx, sc, root); err != nil {
		return err
	}
	if err := k.Overlay(); err != nil {
		if err := k.withoutOverlay(ctx, sc.Name, root, err); err != nil || root.Copied {
			return err
		}
	}
	if err := os.Mkdir(k.upperDir(sc.Name), 0o755); err != nil {
		if errors.Is(err, os.ErrExist) {
			return nil
		}
		return err
	}
	return root.Give(k.upperDir(sc.Name))
}

// findLayers finds the read-only directories of the root, and marks them as used.
func (k *Keeper) findLayers(ctx context.Context, sc *kernel.Container, into *Root) error {
	var lower, notices []string
	if path, ok := strings.CutPrefix(sc.Service.Image, images.RootFS); ok {
		root, err := k.Archives.Prepare(ctx, path)
		if err != nil {
			return err
		}
		defer root.Close()
		lower, notices = []string{root.Lower}, root.Notices
	} else {
		store, err := k.Images()
		if err != nil {
			return err
		}
		root, err := k.useImage(ctx, store, sc, into)
		if err != nil {
			return err
		}
		lower, notices = root.Lower, root.Notices
		into.Data = root.Data
	}
	for _, n := range notices {
		k.Notice(n)
	}
	if len(lower) == 0 {
		lower = []string{k.base()} // an image without layers has what we add to each
	}
	into.Lower, into.Below = lower[0], lower[1:]
	return nil
}

// useImage marks the container's image, or the variant of it, as used.
func (k *Keeper) useImage(ctx context.Context, store *image.Store, sc *kernel.Container, root *Root) (*image.Root, error) {
	data := k.dir(sc.Name)
	if root.Own.None() {
		return store.Use(ctx, sc.Image.ID, data)
	}
	return store.UseVariant(ctx, sc.Image.ID, data, k.Variant(root.Own, true))
}

// copyRoot makes the container's own copy of the image, once in its life.
func (k *Keeper) copyRoot(ctx context.Context, name string, root *Root) error {
	if _, err := os.Lstat(k.copyDir(name)); err == nil {
		return nil
	}
	dir, half := k.dir(name), "copying"
	if err := safepath.RemoveBelow(dir, half); err != nil {
		return err
	}
	if err := layer.Copy(ctx, root.layers(), filepath.Join(dir, half)); err != nil {
		return errors.Join(err, safepath.RemoveBelow(dir, half))
	}
	return os.Rename(filepath.Join(dir, half), k.copyDir(name))
}

func (k *Keeper) copyDir(name string) string {
	return filepath.Join(k.dir(name), "root")
}

func (k *Keeper) upperDir(name string) string {
	return filepath.Join(k.dir(name), "upper")
}

// workDir is the overlay's work directory of one run.
func (k *Keeper) workDir(name string, run int) string {
	return filepath.Join(k.dir(name), fmt.Sprintf("work.%d", run))
}
