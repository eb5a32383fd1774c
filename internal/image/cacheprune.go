package image

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
)

// CacheOptions say what of the build cache to remove.
type CacheOptions struct {
	All   bool      `json:"all,omitempty"`  // also what takes no room but makes the next build fast: layers of images, steps without a layer
	Until time.Time `json:"until,omitzero"` // only what was not used since
	Keep  int64     `json:"keep,omitempty"` // stop when so many bytes are left, what was used last stays; 0 = none
	Age   bool      `json:"age,omitempty"`  // layers that nobody has yet stay for a day, as in a sweep
}

// cacheItem is a record or a mount, as something to be removed.
type cacheItem struct {
	id    string
	used  time.Time
	bytes int64    // that go with it
	layer string   // of a record: its own
	keys  []string // of a record
	mount bool
	free  bool // it takes no room: an image has the layer too, or there is none
}

// PruneCache removes records and mounts of the build cache, those that were not
// used for the longest time first, and the layers that nothing needs any more.
// What a session or a step uses stays. The caller must be in the user namespace.
func (s *Store) PruneCache(ctx context.Context, o CacheOptions) (events []Event, err error) {
	sizes, err := s.Mounts().Sizes()
	if err != nil {
		return nil, err
	}
	var gone []*doomed.Dir
	var mounts []cacheItem
	old := map[string]bool{} // layers of records that go
	err = s.exclusive(ctx, func(x *index) error {
		items, err := s.cacheItems(x, sizes, s.sessionKeys)
		if err != nil {
			return err
		}
		for _, i := range choose(items, o) {
			if i.mount {
				mounts = append(mounts, i)
				continue
			}
			if err := os.Remove(s.path("cache", i.id)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			events = append(events, Event{Cache: cacheID(i.id)})
			for _, key := range i.keys {
				old[key] = true
			}
		}
		age := time.Duration(0)
		if o.Age {
			age = leftoverAge
		}
		if gone, err = s.doom(x, age, old); err != nil {
			return err
		}
		return s.tidy(x)
	})
	for _, m := range mounts {
		ok, rerr := s.Mounts().Remove(m.id)
		if err = errors.Join(err, rerr); ok && rerr == nil {
			events = append(events, Event{Cache: cacheID(m.id), Bytes: m.bytes})
		}
	}
	return deleteDoomed(events, gone, err)
}

func cacheID(name string) string { return name[:min(25, len(name))] }

// cacheItems are what may be removed: not what a session keeps, by sessions. The caller
// holds the exclusive lock.
func (s *Store) cacheItems(x *index, mountSizes map[string]int64, sessions func(map[string]bool) error) (items []cacheItem, err error) {
	busy := map[string]bool{}
	if err := sessions(busy); err != nil {
		return nil, err
	}
	needed, err := s.needed(x)
	if err != nil {
		return nil, err
	}
	list, err := s.cacheRecords()
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		i := cacheItem{id: cacheName(r.Key), used: r.Used, keys: r.Layers}
		if n := len(r.Layers); n > 0 {
			i.layer = r.Layers[n-1]
		}
		if busy[i.layer] {
			continue
		}
		if i.free = i.layer == "" || needed[i.layer]; !i.free {
			i.bytes = r.Size
		}
		items = append(items, i)
	}
	mounts, err := s.Mounts().List()
	for _, m := range mounts {
		if !m.InUse {
			items = append(items, cacheItem{id: m.Name, used: m.Used, bytes: mountSizes[m.Name], mount: true})
		}
	}
	return items, err
}

// choose are the items to remove, those first that were used the longest time ago.
func choose(items []cacheItem, o CacheOptions) (gone []cacheItem) {
	slices.SortStableFunc(items, func(a, b cacheItem) int { return a.used.Compare(b.used) })
	total := int64(0)
	users := map[string]int{} // of each own layer
	for _, i := range items {
		if users[i.layer]++; i.mount || users[i.layer] == 1 {
			total += i.bytes
		}
	}
	for _, i := range items {
		switch {
		case o.Keep > 0 && total <= o.Keep,
			!o.Until.IsZero() && i.used.After(o.Until),
			!o.All && i.free:
			continue
		}
		if users[i.layer]--; i.mount || users[i.layer] == 0 {
			total -= i.bytes
		}
		gone = append(gone, i)
	}
	return gone
}
