package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/images"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// prepareRoot finds the read-only part of the root and makes the writable one.
func (r *Runtime) prepareRoot(ctx context.Context, c *container, sc *supervisor.Container) error {
	if sc.Service.Image == "" {
		return nil
	}
	if err := r.findLayers(ctx, c, sc); err != nil {
		return err
	}
	if err := r.overlay(); err != nil {
		if err := r.withoutOverlay(ctx, c, err); err != nil || c.rec.Copied {
			return err
		}
	}
	if err := os.Mkdir(r.upperDir(sc.Name), 0o755); err != nil {
		if errors.Is(err, os.ErrExist) {
			return nil
		}
		return err
	}
	return c.own(r.upperDir(sc.Name))
}

// findLayers finds the read-only directories of the root, and marks them as used.
func (r *Runtime) findLayers(ctx context.Context, c *container, sc *supervisor.Container) error {
	var lower, notices []string
	if path, ok := strings.CutPrefix(sc.Service.Image, images.RootFS); ok {
		root, err := r.images.Prepare(ctx, path)
		if err != nil {
			return err
		}
		defer root.Close()
		lower, notices = []string{root.Lower}, root.Notices
	} else {
		store, err := r.store()
		if err != nil {
			return err
		}
		root, err := r.useImage(ctx, store, c, sc)
		if err != nil {
			return err
		}
		lower, notices = root.Lower, root.Notices
		c.rec.Data = root.Data
	}
	for _, n := range notices {
		r.notice(n)
	}
	if len(lower) == 0 {
		lower = []string{r.baseLayer()} // an image without layers has what we add to each
	}
	c.rec.Lower, c.rec.Below = lower[0], lower[1:]
	return nil
}

// useImage marks the container's image, or the variant of it, as used.
func (r *Runtime) useImage(ctx context.Context, store *image.Store, c *container, sc *supervisor.Container) (*image.Root, error) {
	data := r.dirs.ContainerData(r.project, sc.Name)
	if c.rec.Own.None() {
		return store.Use(ctx, sc.Image.ID, data)
	}
	return store.UseVariant(ctx, sc.Image.ID, data, r.variant(c.rec.Own, r.baseLayer()))
}

// copyRoot makes the container's own copy of the image, once in its life.
func (r *Runtime) copyRoot(ctx context.Context, c *container) error {
	if _, err := os.Lstat(r.copyDir(c.name)); err == nil {
		return nil
	}
	dir, half := r.dirs.ContainerData(r.project, c.name), "copying"
	if err := removeBelow(dir, half); err != nil {
		return err
	}
	if err := layer.Copy(ctx, c.rec.layers(), filepath.Join(dir, half)); err != nil {
		return errors.Join(err, removeBelow(dir, half))
	}
	return os.Rename(filepath.Join(dir, half), r.copyDir(c.name))
}

func (r *Runtime) copyDir(name string) string {
	return filepath.Join(r.dirs.ContainerData(r.project, name), "root")
}

func (r *Runtime) upperDir(name string) string {
	return filepath.Join(r.dirs.ContainerData(r.project, name), "upper")
}

// workDir is the overlay's work directory of one run.
func (r *Runtime) workDir(name string, run int) string {
	return filepath.Join(r.dirs.ContainerData(r.project, name), fmt.Sprintf("work.%d", run))
}

// openRoot is the detached root of an image with its mount points, or the
// host's root directory. The overlay's work directory is a fresh one each time:
// to clean a used one costs the kernel more than all else of a start.
func (r *Runtime) openRoot(ctx context.Context, c *container, spec *specs.Spec, sources map[string]sandbox.Source, run int) (root *os.File, err error) {
	if c.rec.Lower == "" {
		return os.Open("/")
	}
	defer func() {
		if err != nil && root != nil {
			root.Close()
		}
	}()
	if c.rec.Copied {
		if root, err = sandbox.Bind(r.copyDir(c.name)); err == nil {
			err = sandbox.MakeBaseIn(root)
		}
	} else {
		root, err = r.mountLayers(ctx, c, run)
	}
	if err != nil {
		return nil, err
	}
	return root, sandbox.MakeMountPoints(root, spec, sources, c.rec.Own)
}

// mountLayers makes the overlay of a run.
func (r *Runtime) mountLayers(ctx context.Context, c *container, run int) (*os.File, error) {
	work := r.workDir(c.name, run)
	if err := os.Mkdir(work, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	c.work = filepath.Base(work)
	var lower []string
	if c.rec.Own.None() { // else it is part of the variant
		lower = append(lower, r.baseLayer())
	}
	for _, dir := range c.rec.layers() {
		if len(lower) == 0 || dir != lower[0] {
			lower = append(lower, dir)
		}
	}
	layers := sandbox.Layers{Lower: lower, Data: c.rec.Data, Upper: r.upperDir(c.name), Work: work}
	if c.rec.Fuse {
		return r.mountFuse(ctx, c, layers, run)
	}
	return sandbox.Overlay(layers)
}

// rootError adds the remedy for files of somebody whom the user namespace does
// not know: an overlay cannot copy what it cannot give the same owner.
func rootError(image string, err error) error {
	e := &supervisor.StartError{Stage: "root file system", Object: image, Err: err}
	if errors.Is(err, unix.EOVERFLOW) {
		e.Hint = "it belongs to a user or group that does not exist in your user namespace: chown -R it to yourself (user and group), or give a tar of it instead of a directory"
	}
	return e
}
