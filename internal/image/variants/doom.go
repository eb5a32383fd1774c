package variants

import (
	"errors"
	"io/fs"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// Doom takes out of use what is not needed, and what killed processes left. The caller
// holds the store's lock exclusively.
func (s Store) Doom(needed func(key string, layers []string) bool) (gone []*doomed.Dir, err error) {
	var errs []error
	err = s.unneeded(needed, func(key string, isTmp bool, what string, bytes int64) {
		d, err := doomed.Take(s.dir, s.locks, key, isTmp, func() (string, int64) { return what, bytes })
		if d != nil {
			gone = append(gone, d)
		}
		errs = append(errs, err)
	})
	return gone, errors.Join(append(errs, err)...)
}

// Foresee calls each with what Doom would take out of use, but for leftovers.
func (s Store) Foresee(needed func(key string, layers []string) bool, each func(key, what string, bytes int64)) error {
	return s.unneeded(needed, func(key string, isTmp bool, what string, bytes int64) {
		if !isTmp {
			each(key, what, bytes)
		}
	})
}

// unneeded calls each with what is not needed; what is "" if it cannot be told.
func (s Store) unneeded(needed func(key string, layers []string) bool, each func(key string, isTmp bool, what string, bytes int64)) error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		key, isTmp := doomed.Key(e.Name())
		if !imageref.IsHex(key, 64) {
			continue
		}
		rec, err := s.Record(key) // that cannot be read: of no image
		switch {
		case !isTmp && needed(key, rec.Layers):
		case err != nil:
			each(key, isTmp, "", 0)
		default:
			each(key, isTmp, "variant:"+key, rec.Bytes)
		}
	}
	return nil
}
