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
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range entries {
		key, isTmp := doomed.Key(e.Name())
		if !imageref.IsHex(key, 64) {
			continue
		}
		rec, rerr := s.Record(key) // that cannot be read: of no image
		if !isTmp && needed(key, rec.Layers) {
			continue
		}
		d, err := doomed.Take(s.dir, s.locks, key, isTmp, func() (string, int64) {
			if rerr != nil {
				return "", 0
			}
			return "variant:" + key, rec.Bytes
		})
		if d != nil {
			gone = append(gone, d)
		}
		errs = append(errs, err)
	}
	return gone, errors.Join(errs...)
}
