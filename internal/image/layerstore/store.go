package layerstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Store is the layers of a user. Its methods may be called at the same time, by
// several processes too.
type Store struct {
	dir, locks string
	oneID      string // a file: there is one id only
	indexed    func(ctx context.Context, key string) (bool, error)
}

// In is the store of layers of the image store in dir, which has the directories layers
// and locks. indexed tells whether an image has the layer with a key.
func In(dir string, indexed func(ctx context.Context, key string) (bool, error)) *Store {
	return &Store{filepath.Join(dir, "layers"), filepath.Join(dir, "locks"), filepath.Join(dir, oneIDName), indexed}
}

// Path is a file or a directory of the layer with this key; without parts, its own.
func (s *Store) Path(key string, parts ...string) string {
	return filepath.Join(append([]string{s.dir, key}, parts...)...)
}

// FS is the tree of a layer.
func (s *Store) FS(key string) string { return s.Path(key, "fs") }

func (s *Store) lock(name string) string { return filepath.Join(s.locks, name) }

// Record is what the store knows of an unpacked layer.
type Record struct {
	DiffID string      `json:"diff_id"`
	Single bool        `json:"single,omitempty"` // one id only: all belongs to root
	Stats  layer.Stats `json:"stats"`
}

const (
	recordName = "record.json"
	syncedName = "synced" // made once the layer is on disk
	single     = "-single"
	oneIDName  = "one-id"

	// TarRecord is the file beside a layer's tree from which its tar can be made again.
	TarRecord = "tar.json.gz"
)

// Key names the directory of a layer: what could be kept is part of it.
func Key(diffHex string, oneID bool) string {
	if oneID {
		return diffHex + single
	}
	return diffHex
}

// DiffHex is the SHA-256 of the tar of the layer with this key.
func DiffHex(key string) string { return strings.TrimSuffix(key, single) }

// IsKey tells the names of layers from what else is beside them.
func IsKey(name string) bool { return imageref.IsHex(DiffHex(name), 64) }

// OneID tells whether layers are made for one id only: what the process in the user
// namespace has found last.
func (s *Store) OneID() bool {
	_, err := os.Stat(s.oneID)
	return err == nil
}

// SetOneID notes for processes outside of the user namespace whether files can
// be given to one id only.
func (s *Store) SetOneID(one bool) error {
	if one == s.OneID() {
		return nil
	}
	if one {
		return os.WriteFile(s.oneID, nil, 0o600)
	}
	if err := os.Remove(s.oneID); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // another was faster
}

// Record is what the store knows of a layer; sameBoot: it was written since the machine
// started. The error is fs.ErrNotExist for a layer that is not there.
func (s *Store) Record(key string) (rec Record, sameBoot bool, err error) {
	sameBoot, err = state.Load(s.Path(key, recordName), &rec)
	return rec, sameBoot, err
}

func (s *Store) inside(f func(dir *os.File) error) error {
	dir, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return f(dir)
}
