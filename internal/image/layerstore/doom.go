package layerstore

import "github.com/mocker-compose/mocker-compose/internal/image/doomed"

// Doom takes a layer out of use, or what is left of one that was being made; it is nil
// if somebody needs it. The caller holds the store's lock exclusively, and knows that
// nothing names the layer.
func (s *Store) Doom(key string, isTmp bool) (*doomed.Dir, error) {
	return doomed.Take(s.dir, s.locks, key, isTmp, func() (string, int64) {
		rec, _, err := s.Record(key)
		if err != nil {
			return "", 0
		}
		return rec.DiffID, rec.Stats.Bytes
	})
}
