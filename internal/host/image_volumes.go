package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// fillFromImage gives the container's empty volumes what the image has at their
// targets. On the host's root file system there is no image that could mean
// anything by having files there.
func (r *Runtime) fillFromImage(ctx context.Context, c *container) (err error) {
	if c.rec.Lower == "" {
		return nil
	}
	var root *os.File
	defer func() {
		if root != nil {
			err = errors.Join(err, r.closeRead(c, root))
		}
	}()
	return r.fillVolumes(c, func(target string, dst *os.File) (err error) {
		if root == nil {
			if root, err = r.readRoot(ctx, c); err != nil {
				return err
			}
		}
		src, err := safepath.OpenInRoot(root, target, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			return dst.Chown(int(c.rec.Own.UID), int(c.rec.Own.GID)) // the image has nothing there, or a file: it is root's
		}
		if err != nil {
			return fmt.Errorf("what the image has at %s: %w", target, err)
		}
		defer src.Close()
		return layer.CopyTree(ctx, src, dst)
	})
}

// readRoot is the container's root as it will be at its first start, to be read.
func (r *Runtime) readRoot(ctx context.Context, c *container) (*os.File, error) {
	if c.rec.Copied {
		return sandbox.Bind(r.copyDir(c.name))
	}
	return r.mountLayers(ctx, c, 0) // no run has that number
}

// closeRead gives back what readRoot made.
func (r *Runtime) closeRead(c *container, root *os.File) error {
	root.Close()
	if c.rec.Copied {
		return nil
	}
	work := c.work
	c.work = ""
	return removeBelow(r.dirs.ContainerData(r.project, c.name), work)
}
