package layerstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"golang.org/x/sys/unix"
)

// Complete tells whether a layer can be relied on: an image has it, or it was brought
// to disk for the cache, which both mean that it is on disk; or it was written since the
// machine started.
func (s *Store) Complete(ctx context.Context, key string) (rec Record, ok bool, err error) {
	return s.CompleteIf(key, func() (bool, error) { return s.indexed(ctx, key) })
}

// CompleteIf is Complete for who has the index at hand: indexed tells whether an image
// has the layer, and is called when that decides.
func (s *Store) CompleteIf(key string, indexed func() (bool, error)) (rec Record, ok bool, err error) {
	rec, sameBoot, err := s.Record(key)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, state.ErrCorrupt) {
		return rec, false, nil
	}
	if err != nil || sameBoot {
		return rec, err == nil, err
	}
	if _, err := os.Stat(s.Path(key, syncedName)); err == nil {
		return rec, true, nil
	}
	ok, err = indexed()
	return rec, ok, err
}

// Sync brings all that was unpacked to disk: one syncfs(2), where each layer by itself
// would take a commit of the file system's journal.
func (s *Store) Sync() error {
	return s.inside(func(dir *os.File) error {
		if err := unix.Syncfs(int(dir.Fd())); err != nil {
			return fmt.Errorf("bring the layers to disk: %w", err)
		}
		return nil
	})
}

// MarkSynced says of layers that they are on disk: they were whole before the caller
// brought all there. A layer without the mark, and without an image, counts only in the
// boot that wrote it.
func (s *Store) MarkSynced(keys []string) error {
	var errs []error
	for _, key := range keys {
		f, err := os.OpenFile(s.Path(key, syncedName), os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			err = f.Close()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
