package roots

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Open is the detached root of a run with its mount points, or the host's root
// directory; work is the name of the overlay's work directory in the container's, "" =
// none, to be removed after the run. It is told with an error too.
func (k *Keeper) Open(ctx context.Context, name string, root *Root, spec *specs.Spec, sources map[string]sandbox.Source, run int) (tree *os.File, work string, err error) {
	if root.Lower == "" {
		tree, err = os.Open("/")
		return tree, "", err
	}
	defer func() {
		if err != nil && tree != nil {
			tree.Close()
		}
	}()
	if root.Copied {
		if tree, err = sandbox.Bind(k.copyDir(name)); err == nil {
			err = sandbox.MakeBaseIn(tree)
		}
	} else {
		tree, work, err = k.mountLayers(ctx, name, root, run)
	}
	if err != nil {
		return nil, work, err
	}
	return tree, work, sandbox.MakeMountPoints(tree, spec, sources, root.Own)
}

// Read is the root of a container as it will be at its first start, to be read; done
// gives it back.
func (k *Keeper) Read(ctx context.Context, name string, root *Root) (tree *os.File, done func() error, err error) {
	if root.Copied {
		tree, err = sandbox.Bind(k.copyDir(name))
		return tree, func() error { return tree.Close() }, err
	}
	tree, work, err := k.mountLayers(ctx, name, root, 0) // no run has that number
	clean := func() error { return safepath.RemoveBelow(k.dir(name), work) }
	if err != nil {
		return nil, nil, errors.Join(err, clean())
	}
	return tree, func() error {
		tree.Close()
		return clean()
	}, nil
}

// WorkName is the name of the work directory of a run in the container's.
func (k *Keeper) WorkName(name string, root *Root, run int) string {
	if root.Lower == "" || root.Copied {
		return ""
	}
	return filepath.Base(k.workDir(name, run))
}

// mountLayers makes the overlay of a run.
func (k *Keeper) mountLayers(ctx context.Context, name string, root *Root, run int) (*os.File, string, error) {
	dir := k.workDir(name, run)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, "", err
	}
	work := filepath.Base(dir)
	var lower []string
	if root.Own.None() { // else it is part of the variant
		lower = append(lower, k.base())
	}
	for _, dir := range root.layers() {
		if len(lower) == 0 || dir != lower[0] {
			lower = append(lower, dir)
		}
	}
	layers := sandbox.Layers{Lower: lower, Data: root.Data, Upper: k.upperDir(name), Work: dir}
	if root.Fuse {
		tree, err := k.mountFuse(ctx, name, layers, run)
		return tree, work, err
	}
	tree, err := sandbox.Overlay(layers)
	return tree, work, err
}

// OpenError adds the remedy for files of somebody whom the user namespace does
// not know: an overlay cannot copy what it cannot give the same owner.
func OpenError(image string, err error) error {
	e := &kernel.StartError{Stage: "root file system", Object: image, Err: err}
	if errors.Is(err, unix.EOVERFLOW) {
		e.Hint = "it belongs to a user or group that does not exist in your user namespace: chown -R it to yourself (user and group), or give a tar of it instead of a directory"
	}
	return e
}
