package variants

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Store is the variants of a user's images. Its methods may be called at the same time,
// by several processes too.
type Store struct{ dir, locks string }

// In is the variants of the image store in dir.
func In(dir string) Store {
	return Store{filepath.Join(dir, "variants"), filepath.Join(dir, "locks")}
}

func (s Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

const recordName = "record.json"

// Spec says which tree of an image is wanted, other than its layers: one tree in
// which owners have changed places. It is made on demand, from the layers, and kept
// as long as the image is there; a prune takes those that no container has.
type Spec struct {
	Exchange exchange.IDs `json:"exchange"`
	Base     string       `json:"base,omitempty"` // a directory that lies above the layers; "" = none
	// Bare: files have no content of their own; the layers have to be mounted below
	// (sandbox.Layers.Data). It takes inodes, but no room.
	Bare bool `json:"bare,omitempty"`
}

// Record is what the store knows of a variant. It is there once the variant is
// complete, and on disk if it is not bare: to wait for the disk takes longer than to make
// a bare one again, which is done once in each boot.
type Record struct {
	Spec
	Layers []string `json:"layers"`
	Bytes  int64    `json:"bytes"` // that it takes on disk
}

// Key names the directory of a variant of an image.
func Key(v Spec, layers []string) string {
	text, err := json.Marshal(Record{Spec: v, Layers: layers})
	if err != nil {
		panic(err) // strings and numbers only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// FS is the tree of a variant.
func (s Store) FS(key string) string { return s.path(key, "fs") }

// Record is what is known of a variant that is there.
func (s Store) Record(key string) (rec Record, err error) {
	_, err = state.Load(s.path(key, recordName), &rec)
	return rec, err
}

// Has tells whether a variant can be relied on.
func (s Store) Has(key string) bool {
	var rec Record
	sameBoot, err := state.Load(s.path(key, recordName), &rec)
	return err == nil && (sameBoot || !rec.Bare)
}

// List are the variants that are there, by their keys.
func (s Store) List() (map[string]Record, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	list := map[string]Record{}
	for _, e := range entries {
		rec, err := s.Record(e.Name())
		if err != nil {
			continue // being made, or going
		}
		list[e.Name()] = rec
	}
	return list, err
}
