package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/variants"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// open files that hold locks.
type lockList []*os.File

func (l lockList) close() {
	for _, f := range l {
		f.Close()
	}
}

// leaseLayers keeps the layers of an image from being deleted.
func (s *Store) leaseLayers(ctx context.Context, id string) (img Image, locks lockList, err error) {
	err = s.reading(ctx, func(x *index) error {
		var ok bool
		if img, ok = x.image(id); !ok {
			return &NotFoundError{Ref: id}
		}
		return nil
	})
	if err != nil {
		return img, nil, err
	}
	for _, key := range img.Layers {
		lock, err := state.WaitLock(ctx, s.path("locks", key), unix.LOCK_SH)
		if err != nil {
			locks.close()
			return img, nil, err
		}
		locks = append(locks, lock)
	}
	return img, locks, nil
}

// MakeVariant makes a variant of an image, unless it is there; making is called before
// the work begins. What an interrupted call has left is removed by the next, or swept.
func (s *Store) MakeVariant(ctx context.Context, id string, v variants.Spec, making func()) error {
	img, locks, err := s.leaseLayers(ctx, id)
	if err != nil {
		return err
	}
	defer locks.close()
	root, err := s.rootOf(&img)
	if err != nil {
		return err
	}
	if err := s.variants().Make(ctx, v, img.Layers, root.Lower, making); err != nil {
		return fmt.Errorf("image %s with the owners %s and 0 exchanged: %w", shortID(id), v.Exchange, err)
	}
	return nil
}

func (s *Store) variants() variants.Store { return variants.In(s.dir) }

// variantTries is how often a variant is made for somebody before whose use a prune
// takes it away.
const variantTries = 5

// UseVariant is Use, of a variant, which is made if it is missing.
func (s *Store) UseVariant(ctx context.Context, id, holder string, v variants.Spec) (*Root, error) {
	return s.useVariant(ctx, id, filepath.Join(holder, holderName), v)
}

// UseMountVariant is UseMount, of a variant.
func (s *Store) UseMountVariant(ctx context.Context, id, holder string, n int, v variants.Spec) (*Root, error) {
	return s.useVariant(ctx, id, filepath.Join(holder, fmt.Sprintf("%s.%d", holderName, n)), v)
}

func (s *Store) useVariant(ctx context.Context, id, mark string, v variants.Spec) (*Root, error) {
	for range variantTries {
		if err := s.MakeVariant(ctx, id, v, func() {}); err != nil {
			return nil, err
		}
		r, err := s.use(ctx, id, mark, &v)
		if !errors.Is(err, errNoVariant) {
			return r, err
		}
	}
	return nil, fmt.Errorf("image %s: %w", shortID(id), errNoVariant)
}

var errNoVariant = errors.New("its tree with exchanged owners was removed meanwhile")

// relyOn makes the image's own root that of a variant, if it is there.
func (s *Store) relyOn(v *variants.Spec, img *Image, r *Root) (key string, err error) {
	key = variants.Key(*v, img.Layers)
	if !s.variants().Has(key) {
		return "", errNoVariant
	}
	variantRoot(v, r, s.variants().FS(key))
	return key, nil
}

// variantRoot makes an image's own root that of a variant.
func variantRoot(v *variants.Spec, r *Root, tree string) {
	if v.Bare {
		r.Data = r.Lower
	}
	r.Lower = []string{tree}
}

// ExchangeOf is what the container whose data directory is holder has exchanged: it
// keeps that for its life, for the files that it has written are owned by it. ok is
// false for a container without an image, or none at all.
func ExchangeOf(holder string) (x exchange.IDs, ok bool) {
	h, err := readHeld(filepath.Join(holder, holderName))
	if err != nil {
		return x, false
	}
	if h.Exchange != nil {
		x = *h.Exchange
	}
	return x, true
}

// RootOf are the read-only directories of the container whose data directory is holder,
// and which keeps the image, and what is exchanged in them.
func (s *Store) RootOf(holder string, img *Image) (r *Root, x exchange.IDs, err error) {
	h, err := readHeld(filepath.Join(holder, holderName))
	if err != nil {
		return nil, x, err
	}
	if r, err = s.rootOf(img); err != nil || h.Variant == "" {
		return r, x, err
	}
	rec, err := s.variants().Record(h.Variant)
	if err != nil {
		return nil, x, fmt.Errorf("the tree that the container has of its image: %w", err)
	}
	variantRoot(&rec.Spec, r, s.variants().FS(h.Variant))
	return r, rec.Exchange, nil
}

// doomVariants takes the names of variants that no container has and whose image is
// gone (unused: whether or not it is), and of what killed processes left. The caller
// holds the store's lock.
func (s *Store) doomVariants(x *index, needed map[string]bool, unused bool) (gone []*doomed.Dir, err error) {
	return s.variants().Doom(func(key string, layers []string) bool {
		return needed[key] || !unused && x.hasLayers(layers)
	})
}

// hasLayers tells whether an image has exactly these layers.
func (x *index) hasLayers(layers []string) bool {
	for _, img := range x.Images {
		if slices.Equal(img.Layers, layers) {
			return true
		}
	}
	return false
}
