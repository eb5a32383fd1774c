package image

import (
	"context"
	"errors"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/registry/download"
)

// Foresight looks what removals would come to, one after the other, and removes nothing.
// It goes by an index of its own, from which it takes what would be gone: what a later
// removal finds depends on the earlier ones. What somebody has a lock of at that moment
// would stay, which is not foreseen.
type Foresight struct {
	s    *Store
	x    *index
	gone map[string]bool // records of the build cache, by the names of their files
	told map[string]bool // layers, variants and parts that were told, by key
}

// Foresee begins to look. The containers that without accepts count as gone; nil: none.
func (s *Store) Foresee(ctx context.Context, without func(Holder) bool) (*Foresight, error) {
	c := *s
	c.without = without
	f := &Foresight{s: &c, gone: map[string]bool{}, told: map[string]bool{}}
	return f, s.reading(ctx, func(x *index) error {
		f.x = x
		return nil
	})
}

// Remove looks what becomes of [Store.Remove] of several; failed is called with those
// that would fail.
func (f *Foresight) Remove(ctx context.Context, refs []string, force bool, failed func(error)) ([]Event, error) {
	return f.look(ctx, false, func() (events []Event, err error) {
		for _, ref := range refs {
			one, err := f.s.removeFrom(f.x, ref, force)
			events = append(events, one...)
			if err != nil {
				failed(err)
			}
		}
		return events, nil
	})
}

// Unused is [Store.Unused].
func (f *Foresight) Unused(ctx context.Context, all bool) ([]Image, error) {
	return f.s.Unused(ctx, all)
}

// Prune looks what becomes of [Store.Prune].
func (f *Foresight) Prune(ctx context.Context, ids []string) ([]Event, error) {
	events, err := f.look(ctx, true, func() ([]Event, error) {
		byID, _, err := f.s.holders()
		kept := map[string]bool{}
		if err = errors.Join(err, f.s.livingKeys(kept)); err != nil {
			return nil, err
		}
		return f.x.prune(ids, byID, kept), nil
	})
	freed, partErr := download.Abandoned(f.s.Downloads(), 0)
	if freed > 0 && !f.told["downloads"] {
		f.told["downloads"] = true
		events = append(events, interrupted(freed))
	}
	return events, errors.Join(err, partErr)
}

// PruneCache looks what becomes of [Store.PruneCache]; mounts are the bytes of cache
// mounts, by name: in the user namespace alone all can be looked at.
func (f *Foresight) PruneCache(ctx context.Context, o CacheOptions, mounts map[string]int64) ([]Event, error) {
	return f.look(ctx, false, func() (events []Event, err error) {
		items, err := f.s.cacheItems(f.x, mounts, f.s.livingKeys)
		if err != nil {
			return nil, err
		}
		for _, i := range choose(items, o) {
			e := Event{Cache: cacheID(i.id)}
			if f.gone[i.id] = true; i.mount {
				e.Bytes = i.bytes
			}
			events = append(events, e)
		}
		return events, nil
	})
}

// look takes what do takes out of the index, and then what nothing needs any more;
// unused: variants of images that stay too.
func (f *Foresight) look(ctx context.Context, unused bool, do func() ([]Event, error)) (events []Event, err error) {
	err = f.s.exclusive(ctx, func(*index) (err error) {
		if events, err = do(); err != nil {
			return err
		}
		needed, err := f.s.needed(f.x)
		if err == nil {
			err = errors.Join(f.s.livingKeys(needed), f.s.cacheKeys(needed, f.gone))
		}
		if err != nil {
			return err
		}
		tell := func(key, what string, bytes int64) {
			if !f.told[key] && what != "" {
				events = append(events, Event{Deleted: what, Bytes: bytes})
			}
			f.told[key] = true
		}
		err = f.s.variants().Foresee(func(key string, layers []string) bool {
			return needed[key] || !unused && f.x.hasLayers(layers)
		}, tell)
		return errors.Join(f.layers(needed, tell), err)
	})
	return events, err
}

// layers tells of the layers that are not needed.
func (f *Foresight) layers(needed map[string]bool, tell func(key, what string, bytes int64)) error {
	entries, err := os.ReadDir(f.s.path("layers"))
	for _, e := range entries {
		key, isTmp := doomed.Key(e.Name())
		if isTmp || needed[key] || !layerstore.IsKey(key) {
			continue
		}
		if rec, _, err := f.s.layers.Record(key); err == nil {
			tell(key, rec.DiffID, rec.Stats.Bytes)
		}
	}
	return err
}
