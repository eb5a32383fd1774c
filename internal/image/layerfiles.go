package image

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// LayerFiles is what the store has of a layer.
type LayerFiles struct {
	DiffID string
	Size   int64    // of its tar, bytes; 0 = not known
	FS     *os.File // its tree
	Record *os.File // see internal/image/exact
}

// Close closes the files.
func (l *LayerFiles) Close() error { return errors.Join(l.FS.Close(), l.Record.Close()) }

// NoRecordError says that the tar of a layer cannot be made again.
type NoRecordError struct{ Key string }

func (e *NoRecordError) Error() string {
	return "its archive cannot be made again as it was: it was unpacked by an earlier version, or has the same name twice; " +
		"remove the images that have it (mocker-compose image rm) and pull, load or build them again"
}

// LayerFiles opens the tree and the record of a layer. The error is a
// *NoRecordError if there is no record.
func (s *Store) LayerFiles(key string) (l *LayerFiles, err error) {
	rec, _, err := s.readLayer(key)
	if err != nil {
		return nil, err
	}
	record, err := os.Open(s.path("layers", key, TarRecord))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NoRecordError{key}
	}
	if err != nil {
		return nil, err
	}
	tree, err := os.OpenFile(s.layerFS(key), os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, errors.Join(err, record.Close())
	}
	return &LayerFiles{rec.DiffID, rec.Stats.Archive, tree, record}, nil
}

// blobsName is the record of the blobs that a layer has been.
const blobsName = "blobs.json"

// maxBlobs bounds that record: a layer compressed anew each time.
const maxBlobs = 64

// Blobs are the compressed forms in which a layer is known to registries.
func (s *Store) Blobs(key string) ([]Blob, error) {
	var list []Blob
	_, err := state.Load(s.path("layers", key, blobsName), &list)
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
	if err := state.Save(s.path("layers", key, blobsName), list); err != nil {
		return fmt.Errorf("layer %s: %w", key, err)
	}
	return nil
}
