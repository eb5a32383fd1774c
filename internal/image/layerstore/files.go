package layerstore

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Files is what the store has of a layer.
type Files struct {
	DiffID string
	Size   int64    // of its tar, bytes; 0 = not known
	FS     *os.File // its tree
	Record *os.File // see internal/image/exact
}

// Close closes the files.
func (l *Files) Close() error { return errors.Join(l.FS.Close(), l.Record.Close()) }

// NoRecordError says that the tar of a layer cannot be made again.
type NoRecordError struct{ Key string }

func (e *NoRecordError) Error() string {
	return "its archive cannot be made again as it was: it was unpacked by an earlier version, or has the same name twice; " +
		"remove the images that have it (mocker-compose image rm) and pull, load or build them again"
}

// Files opens the tree and the record of a layer. The error is a
// *NoRecordError if there is no record.
func (s *Store) Files(key string) (l *Files, err error) {
	rec, _, err := s.Record(key)
	if err != nil {
		return nil, err
	}
	record, err := os.Open(s.Path(key, TarRecord))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NoRecordError{key}
	}
	if err != nil {
		return nil, err
	}
	tree, err := os.OpenFile(s.FS(key), os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, errors.Join(err, record.Close())
	}
	return &Files{rec.DiffID, rec.Stats.Archive, tree, record}, nil
}
