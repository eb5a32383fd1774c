package inside

import (
	"context"
	"os"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/build/harvest"
	"github.com/mocker-compose/mocker-compose/internal/fusemarks"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// servedWhole writes the root of a container that fuse-overlayfs serves, where the kernel
// makes no overlay: what it shows is put together by copies. The server has written all
// that was closed.
func (c *container) servedWhole(ctx context.Context) (harvest.Result, error) {
	return c.aside(func(at string) (res harvest.Result, err error) {
		lower := c.Lower
		if exists(filepath.Join(c.Data, "upper")) {
			if err := c.copyUpper(ctx, at); err != nil {
				return res, err
			}
			lower = append([]string{filepath.Join(at, "upper")}, lower...)
		}
		tree := filepath.Join(at, "root")
		if err := layer.Copy(ctx, lower, tree); err != nil {
			return res, err
		}
		root, err := os.Open(tree)
		if err != nil {
			return res, err
		}
		defer root.Close()
		return harvest.Layer(ctx, root, harvest.Options{Out: archive{}, Keep: true, Exchange: c.Own})
	})
}

// servedChanges writes what such a container has made of its image.
func (c *container) servedChanges(ctx context.Context) (harvest.Result, error) {
	if !exists(filepath.Join(c.Data, "upper")) {
		return harvest.Result{Empty: true}, nil // it has not been started
	}
	return c.aside(func(at string) (res harvest.Result, err error) {
		if err := c.copyUpper(ctx, at); err != nil {
			return res, err
		}
		if err := layer.Copy(ctx, c.Lower, filepath.Join(at, "below")); err != nil {
			return res, err
		}
		below, err := os.Open(filepath.Join(at, "below"))
		if err != nil {
			return res, err
		}
		defer below.Close()
		upper, err := os.Open(filepath.Join(at, "upper"))
		if err != nil {
			return res, err
		}
		defer upper.Close()
		return harvest.Layer(ctx, upper, harvest.Options{Below: below, Out: archive{}, Keep: true, Exchange: c.Own})
	})
}

// copyUpper copies the container's own directory, with the marks of the server as the
// kernel has them.
func (c *container) copyUpper(ctx context.Context, at string) error {
	from, err := os.Open(filepath.Join(c.Data, "upper"))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Open(filepath.Join(at, "upper"))
	if err != nil {
		return err
	}
	defer to.Close()
	if err := layer.CopyTree(ctx, from, to); err != nil {
		return err
	}
	if err := fusemarks.Copy(from, to); err != nil {
		return err
	}
	return fusemarks.Normalize(to)
}
