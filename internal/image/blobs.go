package image

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// blobsName is the record of the blobs that a layer has been.
const blobsName = "blobs.json"

// maxBlobs bounds that record: a layer compressed anew each time.
const maxBlobs = 64

// Blobs are the compressed forms in which a layer is known to registries.
func (s *Store) Blobs(key string) ([]Blob, error) {
	var list []Blob
	_, err := state.Load(s.layers.Path(key, blobsName), &list)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, state.ErrCorrupt) {
		return nil, nil
	}
	return list, err
}

// AddBlob remembers a compressed form of a layer that the caller keeps: its
// digest, size, type, and where it is.
func (s *Store) AddBlob(key string, b Blob) error {
	if b.Digest == "" {
		return nil
	}
	list, err := s.Blobs(key)
	if err != nil {
		return fmt.Errorf("layer %s: %w", key, err)
	}
	if slices.Contains(list, b) {
		return nil
	}
	list = append(list, b)
	list = list[max(0, len(list)-maxBlobs):]
	if err := state.Save(s.layers.Path(key, blobsName), list); err != nil {
		return fmt.Errorf("layer %s: %w", key, err)
	}
	return nil
}
