package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// CacheRecord is what a step of a build has made. It keeps its layers from being
// collected, until it is collected itself.
type CacheRecord struct {
	Key     string    `json:"key"`            // of the step: set by CachePut
	Layers  []string  `json:"layers"`         // keys of the layers that it keeps; the step's own is the last
	DiffID  string    `json:"diff_id"`        // sha256:HEX of the step's own layer; "" if it is empty
	Size    int64     `json:"size"`           // of that, bytes
	Empty   bool      `json:"empty"`          // the step changed no file
	Created time.Time `json:"created"`        // set by CachePut if it is zero
	Text    string    `json:"text"`           // the step, for people
	Note    string    `json:"note,omitempty"` // for who wrote it

	Used time.Time `json:"-"` // when it was last written or asked for
}

// cacheName is the file of a record.
func cacheName(key string) string {
	if imageref.IsHex(key, 64) {
		return key + ".json"
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:]) + ".json"
}

// CacheGet is the record under a key, if all of its layers are there, which the
// session keeps from then on.
func (x *Session) CacheGet(ctx context.Context, key string) (r CacheRecord, ok bool, err error) {
	path := x.store.path("cache", cacheName(key))
	_, err = state.Load(path, &r)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, state.ErrCorrupt) {
		return r, false, nil
	}
	if err != nil || r.Key != key {
		return r, false, err
	}
	for _, layer := range r.Layers {
		if _, ok, err := x.Keep(ctx, layer); !ok || err != nil {
			return r, false, err
		}
	}
	r.Used = time.Now()
	if err := os.Chtimes(path, r.Used, r.Used); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, false, err
	}
	return r, true, nil
}

// CachePut keeps what a step has made under a key. Its layers must be the
// session's.
func (x *Session) CachePut(ctx context.Context, key string, r CacheRecord) error {
	for _, layer := range r.Layers {
		_, ok, err := x.Keep(ctx, layer)
		if err == nil && !ok {
			err = fmt.Errorf("layer %s is not in the store", layer)
		}
		if err != nil {
			return fmt.Errorf("build cache: %w", err)
		}
	}
	r.Key = key
	if r.Created.IsZero() {
		r.Created = time.Now().UTC()
	}
	// Under the lock: who collects sees all records or none of a layer's.
	err := x.store.reading(ctx, func(*index) error { return state.Save(x.store.path("cache", cacheName(key)), r) })
	if err != nil {
		return fmt.Errorf("build cache: %w", err)
	}
	x.put.Store(true)
	x.dirty.Store(true)
	return nil
}

// cacheRecords are all records of the build cache.
func (s *Store) cacheRecords() (list []CacheRecord, err error) {
	entries, err := os.ReadDir(s.path("cache"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		hex, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !imageref.IsHex(hex, 64) {
			continue
		}
		var r CacheRecord
		if _, err := state.Load(s.path("cache", e.Name()), &r); errors.Is(err, fs.ErrNotExist) || errors.Is(err, state.ErrCorrupt) {
			continue
		} else if err != nil {
			return nil, err
		}
		if info, err := e.Info(); err == nil {
			r.Used = info.ModTime()
		}
		list = append(list, r)
	}
	return list, nil
}

// cacheKeys adds the layers that the records keep, but for those records in gone, by
// the names of their files.
func (s *Store) cacheKeys(keys, gone map[string]bool) error {
	list, err := s.cacheRecords()
	for _, r := range list {
		if gone[cacheName(r.Key)] {
			continue
		}
		for _, key := range r.Layers {
			keys[key] = true
		}
	}
	return err
}
