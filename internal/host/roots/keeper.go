package roots

import (
	"context"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/host/images"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/variants"
	"github.com/mocker-compose/mocker-compose/internal/rootfs"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// Root is what the root file system of a container is made of. It is part of the
// container's record.
type Root struct {
	Lower  string       `json:"lower,omitempty"`  // the topmost read-only layer; "" = the host's root file system
	Below  []string     `json:"below,omitempty"`  // the layers below it, the topmost first
	Data   []string     `json:"data,omitempty"`   // further ones, for contents alone
	Own    exchange.IDs `json:"own,omitzero"`     // the ids that have changed places
	Copied bool         `json:"copied,omitempty"` // the container has a copy of all layers
	Fuse   bool         `json:"fuse,omitempty"`   // fuse-overlayfs serves the root
}

// layers are the read-only layers, the topmost first.
func (r *Root) layers() []string { return append([]string{r.Lower}, r.Below...) }

// Give gives a file to who is root for the container.
func (r *Root) Give(path string) error {
	if r.Own.None() {
		return nil
	}
	return os.Lchown(path, int(r.Own.UID), int(r.Own.GID))
}

// Holder is what a keeper needs of the project's holder: to start the servers of roots.
type Holder interface {
	Start(ctx context.Context, name string, p *sandbox.Prepared, stdio [3]*os.File) (*rootless.Child, error)
	Release(c *rootless.Child) error
	Gone() <-chan struct{}
}

// Keeper makes the root file systems of one project. Its fields are set by who makes it.
type Keeper struct {
	Dirs     state.Dirs
	Project  string
	Archives *rootfs.Store                // of archives that are no images
	Images   func() (*image.Store, error) // opened when a service has an image
	Overlay  func() error                 // why no overlay can be made; nil if one can
	// DataLayers tells whether one can have layers for contents alone.
	DataLayers func() bool
	Holder     Holder
	// Lost is told of a run ("1") of a container whose root is served no longer.
	Lost   func(container, run string)
	Notice func(string) // takes a line for the user
}

// base is the directory with the mount points that lie above every image.
func (k *Keeper) base() string { return k.Dirs.BaseLayer() }

func (k *Keeper) dir(container string) string { return k.Dirs.ContainerData(k.Project, container) }

// Finder finds the images that a file names.
func (k *Keeper) Finder() *images.Finder {
	return &images.Finder{Store: k.Images, Notice: k.Notice}
}

// Variant is the tree of an image for who has ids exchanged; base is whether it is to have
// the mount points of a root.
func (k *Keeper) Variant(x exchange.IDs, base bool) variants.Spec {
	v := variants.Spec{Exchange: x, Bare: k.DataLayers()}
	if base {
		v.Base = k.base()
	}
	return v
}

// Look is the root of an image, read-only.
func (k *Keeper) Look(store *image.Store, img *image.Image) (*os.File, error) {
	lower, err := store.Lower(img)
	if err != nil {
		return nil, err
	}
	return sandbox.Overlay(sandbox.Layers{Lower: append([]string{k.base()}, lower...)})
}
