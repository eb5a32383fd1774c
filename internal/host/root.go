package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/roots"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

func (r *Runtime) openRoots() {
	r.roots = &roots.Keeper{
		Dirs: r.dirs, Project: r.project, Archives: r.archives, Images: r.store,
		Overlay: r.overlay, DataLayers: r.dataLayers, Holder: childHolder{r}, Lost: r.rootLost, Notice: r.notice,
	}
}

// openRoot is the root of a run.
func (r *Runtime) openRoot(ctx context.Context, c *container, spec *specs.Spec, sources map[string]sandbox.Source, run int) (*os.File, error) {
	root, work, err := r.roots.Open(ctx, c.name, &c.rec.Root, spec, sources, run)
	c.work = work
	return root, err
}

// rootLost ends the run whose root nobody serves any more. The restart policy does the
// rest.
func (r *Runtime) rootLost(container, number string) {
	c := r.lookup(container)
	if c == nil {
		return
	}
	r.mu.Lock()
	run := c.run
	r.mu.Unlock()
	if run == nil || run.Pidfd == nil || filepath.Base(run.Name) != number {
		return
	}
	if err := run.Signal(unix.SIGKILL); err == nil {
		r.report(fmt.Sprintf("container %s: fuse-overlayfs, which serves its root file system, has ended: the container is killed", c.name))
	}
}

// childHolder is the project holder to who has programs of his own to be started.
type childHolder struct{ r *Runtime }

func (h childHolder) Start(ctx context.Context, name string, p *sandbox.Prepared, stdio [3]*os.File) (*rootless.Child, error) {
	return h.r.start(ctx, name, p, stdio)
}
func (h childHolder) Release(c *rootless.Child) error { return h.r.holder.Release(c) }
func (h childHolder) Forget(name string) error        { return h.r.holder.Forget(name) }
func (h childHolder) Gone() <-chan struct{}           { return h.r.holder.Gone() }

// fillFromImage gives the container's empty volumes what the image has at their
// targets. On the host's root file system there is no image that could mean
// anything by having files there.
func (r *Runtime) fillFromImage(ctx context.Context, c *container) (err error) {
	if c.rec.Lower == "" {
		return nil
	}
	var root *os.File
	done := func() error { return nil }
	defer func() { err = errors.Join(err, done()) }()
	return r.mounting.Fill(c.rec.Mounts, func(target string, dst *os.File) (err error) {
		if root == nil {
			tree, back, err := r.roots.Read(ctx, c.name, &c.rec.Root)
			if err != nil {
				return err
			}
			root, done = tree, back
		}
		src, err := safepath.OpenInRoot(root, target, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			return &volumes.Nothing{UID: int(c.rec.Own.UID), GID: int(c.rec.Own.GID)} // or a file
		}
		if err != nil {
			return fmt.Errorf("what the image has at %s: %w", target, err)
		}
		defer src.Close()
		return layer.CopyTree(ctx, src, dst)
	})
}

// closeSources closes the trees of images.
func closeSources(sources map[string]sandbox.Source) {
	for _, s := range sources {
		if s.Tree != nil {
			s.Tree.Close()
		}
	}
}
