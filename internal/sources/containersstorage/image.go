package containersstorage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// Image is one that podman has.
type Image struct {
	at    place
	entry imageEntry
}

// Find looks for an image by NAME[:TAG], NAME@DIGEST or id, with
// "[DRIVER@ROOT+RUNROOT]" before it in another place than the usual one.
func Find(ctx context.Context, getenv func(string) string, name string) (*Image, error) {
	spec := ""
	if strings.HasPrefix(name, "[") {
		var ok bool
		if spec, name, ok = strings.Cut(name[1:], "]"); !ok {
			return nil, fmt.Errorf("%q: a ] is missing", name)
		}
	}
	list, err := places(getenv, spec)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		i, err := p.find(ctx, name)
		if i != nil || err != nil {
			return i, err
		}
	}
	return nil, fmt.Errorf("podman has no such image in %s: podman pull %s, or podman images", list[0].root, name)
}

func (p place) find(ctx context.Context, name string) (*Image, error) {
	release, err := p.lock(ctx, "images")
	if err != nil {
		return nil, err
	}
	defer release()
	entries, err := list[imageEntry](p, "images")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if isID(e.ID) && e.is(name) {
			return &Image{p, e}, nil
		}
	}
	return nil, nil
}

// ID is the image's.
func (i *Image) ID() string { return "sha256:" + i.entry.ID }

// Close is for who has nothing to close.
func (i *Image) Close() error { return nil }

// maxAtOnce bounds the layers that are read at the same time.
const maxAtOnce = 3

// Load makes the image one of the store.
func (i *Image) Load(ctx context.Context, store *image.Store) (img image.Image, err error) {
	release, err := i.at.lock(ctx, "layers")
	if err != nil {
		return img, err
	}
	defer release()
	config, err := i.at.document(i.entry.ID, i.ID())
	if err != nil {
		return img, fmt.Errorf("configuration: %w", err)
	}
	if sum := sha256.Sum256(config); hex.EncodeToString(sum[:]) != i.entry.ID {
		return img, fmt.Errorf("its configuration has changed: podman pull it again")
	}
	layers, err := i.layers(config)
	if err != nil {
		return img, err
	}
	session, err := store.Begin(ctx)
	if err != nil {
		return img, err
	}
	defer session.Close()
	keys, err := i.bring(ctx, store, session, layers)
	if err != nil {
		return img, err
	}
	n := image.NewImage{Config: config, Layers: keys}
	if n.Manifest, err = i.at.document(i.entry.ID, "manifest"); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return img, err
	}
	for _, name := range i.entry.Names {
		p, err := imageref.Parse(name)
		if err != nil {
			continue // which our store cannot have
		}
		if p.Digest == "" {
			n.Names = append(n.Names, name)
		}
		if i.entry.Digest != "" {
			n.Digests = append(n.Digests, p.Repository()+"@"+i.entry.Digest)
		}
	}
	return session.AddImage(ctx, n)
}

// layers are the image's, base first, compared with its configuration.
func (i *Image) layers(config []byte) ([]layerEntry, error) {
	var c struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	all, err := list[layerEntry](i.at, "layers")
	if err != nil {
		return nil, err
	}
	byID := map[string]layerEntry{}
	for _, l := range all {
		if isID(l.ID) {
			byID[l.ID] = l
		}
	}
	diffs := c.RootFS.DiffIDs
	out := make([]layerEntry, len(diffs))
	id := i.entry.Layer
	for n := len(diffs) - 1; n >= 0; n-- {
		l, ok := byID[id]
		if !ok {
			return nil, fmt.Errorf("layer %d of %d is not in %s: podman pull the image again", n+1, len(diffs), i.at.root)
		}
		if l.DiffID != diffs[n] {
			return nil, fmt.Errorf("layer %d of %d is not the one that its configuration names: podman save it, and load the archive", n+1, len(diffs))
		}
		out[n], id = l, l.Parent
	}
	return out, nil
}

// bring makes layers those of the session, some at a time.
func (i *Image) bring(ctx context.Context, store *image.Store, x *image.Session, layers []layerEntry) ([]string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	keys := make([]string, len(layers))
	slots := make(chan struct{}, maxAtOnce)
	var wg sync.WaitGroup
	for n, l := range layers {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			got, err := i.layer(ctx, store, x, l)
			if err != nil {
				cancel(fmt.Errorf("layer %d of %d: %w", n+1, len(layers), err))
				return
			}
			keys[n] = got.Key
		})
	}
	wg.Wait()
	return keys, context.Cause(ctx)
}

func (i *Image) layer(ctx context.Context, store *image.Store, x *image.Session, l layerEntry) (image.Layer, error) {
	if got, ok, err := x.HasLayer(ctx, l.DiffID); ok || err != nil {
		return got, err
	}
	record, err := os.OpenFile(filepath.Join(i.at.root, i.at.driver+"-layers", l.ID+".tar-split.gz"), unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return image.Layer{}, fmt.Errorf("there is no record of its archive: podman save the image, and load the archive (mocker-compose image load)")
	}
	if err != nil {
		return image.Layer{}, err
	}
	defer record.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return image.Layer{}, err
	}
	defer r.Close()
	made := make(chan error, 1)
	go func() {
		defer w.Close()
		made <- writeTar(ctx, store.Start, i.files(l.ID), record, w)
	}()
	got, err := x.AddLayer(ctx, image.Blob{DiffID: l.DiffID}, r, nil)
	r.Close()
	// A reader that has enough, or fails, ends the writer.
	if madeErr := <-made; err != nil && madeErr != nil && !errors.Is(madeErr, errEnded) {
		err = madeErr
	}
	return got, err
}

// files is the directory of a layer's files.
func (i *Image) files(id string) string {
	if i.at.driver == "vfs" {
		return filepath.Join(i.at.root, "vfs", "dir", id)
	}
	return filepath.Join(i.at.root, "overlay", id, "diff")
}
