package sources

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/sources/containersstorage"
	"github.com/mocker-compose/mocker-compose/internal/sources/dockerdaemon"
)

// Load makes the image of a Live source one of the store, if it is not there.
// read is called before it is read, and may be nil.
func Load(ctx context.Context, store *image.Store, getenv func(string) string, src imageref.Source, read func()) (image.Image, error) {
	img, err := load(ctx, store, getenv, src, read)
	if err != nil && ctx.Err() != nil {
		return img, context.Cause(ctx)
	}
	if err != nil {
		return img, fmt.Errorf("image %s: %w", src, err)
	}
	return img, nil
}

// found is an image in another store.
type found interface {
	// ID changes when the image does.
	ID() string
	// Load makes it one of the store.
	Load(ctx context.Context, store *image.Store) (image.Image, error)
	Close() error
}

func load(ctx context.Context, store *image.Store, getenv func(string) string, src imageref.Source, read func()) (image.Image, error) {
	f, err := find(ctx, getenv, src)
	if err != nil {
		return image.Image{}, err
	}
	defer f.Close()
	if img, ok := store.Recall(src, f.ID()); ok {
		return img, nil
	}
	if read != nil {
		read()
	}
	img, err := f.Load(ctx, store)
	if err != nil {
		return img, err
	}
	return img, store.Note(src, f.ID(), img)
}

func find(ctx context.Context, getenv func(string) string, src imageref.Source) (found, error) {
	switch src.Kind {
	case imageref.DockerDaemon:
		return dockerdaemon.Find(ctx, getenv, src.Path)
	case imageref.ContainersStorage:
		return containersstorage.Find(ctx, getenv, src.Path)
	}
	return nil, fmt.Errorf("%s: is not another program's", src.Kind)
}
