package image

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
)

// NewImage is an image whose layers a session keeps.
type NewImage struct {
	Config   []byte   // the configuration, byte for byte: its digest is the image's id
	Manifest []byte   // the manifest, byte for byte; nil = there was none
	Names    []string // to give it, as [imageref.Parse] reads them: "nginx", "localhost:5000/app:1"
	Digests  []string // "docker.io/library/nginx@sha256:HEX": by which it was got
	Layers   []string // keys, base first, as many as the configuration names
	// Notices gets what the user should know of the image; may be nil.
	Notices func(string)
}

// AddImage brings the image to disk and makes it visible, in one step. Names
// that other images have move to it. Layers must be kept by the session.
func (x *Session) AddImage(ctx context.Context, n NewImage) (Image, error) {
	images, err := x.AddImages(ctx, []NewImage{n})
	if err != nil {
		return Image{}, err
	}
	return images[0], nil
}

// AddImages is AddImage for several: all become visible at once, or none.
func (x *Session) AddImages(ctx context.Context, list []NewImage) (images []Image, err error) {
	var news []New
	for i := range list {
		n, err := x.prepare(ctx, &list[i])
		if err != nil {
			return nil, err
		}
		news = append(news, *n)
	}
	x.dirty.Store(false) // before: what is put meanwhile is not covered
	whole := x.complete()
	if err := x.ahead.Settle(); err != nil {
		return nil, err
	}
	if _, err := x.store.Commit(ctx, news); err != nil {
		return nil, err
	}
	if err := x.store.layers.MarkSynced(whole); err != nil {
		return nil, err
	}
	err = x.store.reading(ctx, func(i *index) error {
		for _, n := range news {
			img, ok := i.image(n.Image.ID)
			if !ok {
				img = n.Image // removed again meanwhile
			}
			images = append(images, img)
		}
		return nil
	})
	return images, err
}

func (x *Session) prepare(ctx context.Context, n *NewImage) (*New, error) {
	img, notices, err := Describe(n.Config)
	if err != nil {
		return nil, err
	}
	if err := x.checkLayers(ctx, n, img); err != nil {
		return nil, fmt.Errorf("image %s: %w", shortID(img.ID), err)
	}
	for _, name := range n.Names {
		p, err := imageref.Parse(name)
		if err != nil {
			return nil, err
		}
		p.Digest = ""
		img.Names = append(img.Names, p.Tagged().String())
	}
	for _, d := range n.Digests {
		p, err := imageref.Parse(d)
		if err != nil {
			return nil, err
		}
		if p.Digest == "" {
			return nil, fmt.Errorf("%q has no digest", d)
		}
		img.Digests = append(img.Digests, p.Repository()+"@"+p.Digest)
	}
	for _, notice := range notices {
		if n.Notices != nil {
			n.Notices(notice)
		}
	}
	return &New{Image: *img, Raw: n.Config, Manifest: n.Manifest}, nil
}

// checkLayers compares the keys with the configuration, and makes sure of the
// layers.
func (x *Session) checkLayers(ctx context.Context, n *NewImage, img *Image) error {
	var file config.File
	if err := json.Unmarshal(n.Config, &file); err != nil {
		return err
	}
	if len(file.RootFS.DiffIDs) != len(n.Layers) {
		return fmt.Errorf("its configuration names %d layers, given are %d", len(file.RootFS.DiffIDs), len(n.Layers))
	}
	if len(n.Layers) > MaxLayers {
		return fmt.Errorf("it has %d layers, more than the %d that docker allows", len(n.Layers), MaxLayers)
	}
	for i, key := range n.Layers {
		if diff := "sha256:" + layerstore.DiffHex(key); diff != file.RootFS.DiffIDs[i] {
			return fmt.Errorf("layer %d of %d is %s, its configuration names %s", i+1, len(n.Layers), diff, file.RootFS.DiffIDs[i])
		}
		l, ok, err := x.Keep(ctx, key)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("layer %d of %d (%s) is not in the store", i+1, len(n.Layers), key)
		}
		img.Layers, img.Size = append(img.Layers, key), img.Size+l.Size
	}
	return nil
}

// MaxLayers is docker's bound on the layers of an image.
const MaxLayers = 127
