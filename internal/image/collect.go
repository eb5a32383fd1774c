package image

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
)

// finishRemoval saves the index, and then, never before, dooms what nothing
// needs any more. If it cannot be saved there are no events.
func (s *Store) finishRemoval(x *index, events *[]Event, gone *[]*doomed.Dir) (err error) {
	if err := s.saveSmaller(x); err != nil {
		*events = nil // nothing has been done
		return err
	}
	if *gone, err = s.doom(x, 0, nil); err != nil {
		return err
	}
	return s.tidy(x)
}

// doom finds what no image, container, session or build cache needs and nobody has leased,
// and what killed processes left. Layers without an image are spared for age:
// an interrupted load goes on with them, but for those in old. The caller holds the store's lock.
func (s *Store) doom(x *index, age time.Duration, old map[string]bool) (gone []*doomed.Dir, err error) {
	needed, err := s.needed(x)
	if err == nil {
		err = errors.Join(s.sessionKeys(needed), s.cacheKeys(needed, nil))
	}
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.path("layers"))
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range entries {
		key, isTmp := doomed.Key(e.Name())
		if !layerstore.IsKey(key) || !isTmp && (needed[key] || young(e, age) && !old[key]) {
			continue
		}
		d, err := s.layers.Doom(key, isTmp)
		if d != nil {
			gone = append(gone, d)
		}
		errs = append(errs, err)
	}
	variants, err := s.doomVariants(x, needed, false)
	return append(gone, variants...), errors.Join(append(errs, err)...)
}

// needed are the keys of layers and variants that containers and images have.
func (s *Store) needed(x *index) (map[string]bool, error) {
	_, needed, err := s.holders()
	if err != nil {
		return nil, err
	}
	for _, img := range x.Images {
		for _, key := range img.Layers {
			needed[key] = true
		}
	}
	return needed, nil
}

func young(e fs.DirEntry, age time.Duration) bool {
	info, err := e.Info()
	return err == nil && time.Since(info.ModTime()) < age
}

// deleteDoomed deletes, without the store's lock, and adds what was deleted to
// the events.
func deleteDoomed(events []Event, gone []*doomed.Dir, err error) ([]Event, error) {
	errs := []error{err}
	for _, d := range gone {
		if err := d.Delete(); err != nil {
			errs = append(errs, err)
		} else if d.What != "" {
			events = append(events, Event{Deleted: d.What, Bytes: d.Bytes})
		}
	}
	return events, errors.Join(errs...)
}

// leftoverAge is how long the layers of an interrupted load wait for the next.
const leftoverAge = 24 * time.Hour

// Sweep deletes what killed processes have left. The caller must be in the user
// namespace.
func (s *Store) Sweep(ctx context.Context) error {
	var gone []*doomed.Dir
	err := s.exclusive(ctx, func(x *index) (err error) {
		if gone, err = s.doom(x, leftoverAge, nil); err != nil {
			return err
		}
		return s.tidy(x)
	})
	_, err = deleteDoomed(nil, gone, err)
	return err
}
