package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/archive"
	"github.com/mocker-compose/mocker-compose/internal/image/exact"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// save writes images to out, which is standard input: standard output is for
// messages. Nothing is written before it is known that all of it can be.
func (l *loader) save(ctx context.Context, out *os.File, refs []string) error {
	if out == nil {
		return errors.New("there is nothing to write to")
	}
	x, err := l.store.Begin(ctx)
	if err != nil {
		return err
	}
	defer x.Close()
	chosen, err := l.store.Choose(refs)
	if err != nil {
		return err
	}
	var images []archive.Saved
	for i := range chosen {
		s, err := l.saved(ctx, x, &chosen[i])
		if err != nil {
			return fmt.Errorf("image %s: %w", chosen[i].ID, err)
		}
		images = append(images, *s)
	}
	w := bufio.NewWriterSize(out, 1<<17)
	if err := archive.Save(w, images); err != nil {
		return err
	}
	return w.Flush()
}

func (l *loader) saved(ctx context.Context, x *image.Session, img *image.Image) (*archive.Saved, error) {
	raw, err := l.store.Raw(img.ID)
	if err != nil {
		return nil, err
	}
	s := &archive.Saved{Config: raw, Names: savedNames(img.Names), Platform: v1.Platform{OS: img.OS, Architecture: img.Architecture, Variant: img.Variant}}
	for _, key := range img.Layers {
		kept, ok, err := x.Keep(ctx, key)
		if err == nil && !ok {
			err = fmt.Errorf("layer %s is not in the store any more", key)
		}
		if err != nil {
			return nil, err
		}
		diffID, err := v1.NewHash(kept.DiffID)
		if err != nil {
			return nil, err
		}
		size, err := exact.Size(ctx, l.store.Layers(), key)
		if err != nil {
			return nil, err
		}
		s.Layers = append(s.Layers, archive.SavedLayer{DiffID: diffID, Size: size, Write: func(w io.Writer) error {
			_, err := exact.Layer(ctx, l.store.Layers(), key, w)
			return err
		}})
	}
	return s, nil
}

func savedNames(names []string) (out []archive.SavedName) {
	for _, name := range names {
		if n, err := imageref.Parse(name); err == nil { // the store has no others
			out = append(out, archive.SavedName{Familiar: name, Full: n.Domain + "/" + n.Path + ":" + n.Tag, Tag: n.Tag})
		}
	}
	return out
}
