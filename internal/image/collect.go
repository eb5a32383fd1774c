package image

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// doomedLayer is a directory below layers that nobody will take into use any
// more: it has a temporary name, and its lock is held.
type doomedLayer struct {
	dir, tmp string
	lock     *os.File
	event    *Event // nil: a leftover
}

// finishRemoval saves the index, and then, never before, dooms what nothing
// needs any more. If it cannot be saved there are no events.
func (s *Store) finishRemoval(x *index, events *[]Event, doomed *[]doomedLayer) (err error) {
	if err := s.saveSmaller(x); err != nil {
		*events = nil // nothing has been done
		return err
	}
	if *doomed, err = s.doom(x, 0, nil); err != nil {
		return err
	}
	return s.tidy(x)
}

// doom finds what no image, container, session or build cache needs and nobody has leased,
// and what killed processes left. Layers without an image are spared for age:
// an interrupted load goes on with them, but for those in old. The caller holds the store's lock.
func (s *Store) doom(x *index, age time.Duration, old map[string]bool) (doomed []doomedLayer, err error) {
	_, needed, err := s.holders()
	if err != nil {
		return nil, err
	}
	for _, img := range x.Images {
		for _, key := range img.Layers {
			needed[key] = true
		}
	}
	if err := errors.Join(s.sessionKeys(needed), s.cacheKeys(needed)); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.path("layers"))
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range entries {
		key, isTmp := cutTmp(e.Name())
		if !isKey(key) || !isTmp && (needed[key] || young(e, age) && !old[key]) {
			continue
		}
		d, err := s.doomOne(key, isTmp)
		if d != nil {
			doomed = append(doomed, *d)
		}
		errs = append(errs, err)
	}
	variants, err := s.doomVariants(x, needed, false)
	return append(doomed, variants...), errors.Join(append(errs, err)...)
}

// cutTmp is the key of a directory, and whether it is not finished, or going.
func cutTmp(name string) (key string, isTmp bool) { return strings.CutPrefix(name, tmpPrefix) }

func young(e fs.DirEntry, age time.Duration) bool {
	info, err := e.Info()
	return err == nil && time.Since(info.ModTime()) < age
}

// doomOne takes a layer's lock, without waiting, and its name. It is nil if
// somebody has the lock.
func (s *Store) doomOne(key string, isTmp bool) (*doomedLayer, error) {
	lock, err := state.TryLock(s.path("locks", key))
	if errors.Is(err, state.ErrLocked) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &doomedLayer{dir: s.path("layers"), tmp: tmpPrefix + key, lock: lock}
	if isTmp {
		return d, nil
	}
	rec, _, err := s.readLayer(key)
	if err == nil {
		d.event = &Event{Deleted: rec.DiffID, Bytes: rec.Stats.Bytes}
	}
	err = s.inLayers(func(dir *os.File) error {
		if err := safepath.RemoveAll(dir, d.tmp); err != nil {
			return err
		}
		return unix.Renameat(int(dir.Fd()), key, int(dir.Fd()), d.tmp)
	})
	if err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

// deleteDoomed deletes, without the store's lock, and adds what was deleted to
// the events.
func deleteDoomed(events []Event, doomed []doomedLayer, err error) ([]Event, error) {
	errs := []error{err}
	for _, d := range doomed {
		if err := d.delete(); err != nil {
			errs = append(errs, err)
		} else if d.event != nil {
			events = append(events, *d.event)
		}
	}
	return events, errors.Join(errs...)
}

func (d *doomedLayer) delete() error {
	defer d.lock.Close()
	dir, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := safepath.RemoveAll(dir, d.tmp); err != nil {
		return err
	}
	return os.Remove(d.lock.Name())
}

// leftoverAge is how long the layers of an interrupted load wait for the next.
const leftoverAge = 24 * time.Hour

// Sweep deletes what killed processes have left. The caller must be in the user
// namespace.
func (s *Store) Sweep(ctx context.Context) error {
	var doomed []doomedLayer
	err := s.exclusive(ctx, func(x *index) (err error) {
		if doomed, err = s.doom(x, leftoverAge, nil); err != nil {
			return err
		}
		return s.tidy(x)
	})
	_, err = deleteDoomed(nil, doomed, err)
	return err
}
