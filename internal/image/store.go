package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/image/cachemount"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Store is the user's images. Its methods may be called at the same time, by
// several processes too.
type Store struct {
	// Start is for who is not in the user namespace; nil is StartInside.
	Start Start

	dir     string
	layers  *layerstore.Store
	without func(Holder) bool // containers that count as gone; nil: none do (foresee.go)
}

// Open opens the store in dir ([state.Dirs.Images]), which is made if it is
// missing, and must belong to the caller.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for _, d := range []string{"", "layers", "locks", "configs", "manifests", "sources", "sessions", "cache", "mounts", "downloads"} {
		if err := state.MakePrivate(filepath.Join(dir, d)); err != nil {
			data := filepath.Dir(dir)
			return nil, &cause.Error{Doing: "use " + data, Err: err, Cause: cause.Write(cause.Here(), cause.Data(data), err)}
		}
	}
	s := &Store{dir: dir}
	s.layers = layerstore.In(dir, func(ctx context.Context, key string) (has bool, err error) {
		err = s.reading(ctx, func(x *index) error {
			has = x.hasLayer(key)
			return nil
		})
		return has, err
	})
	return s, nil
}

// Downloads is where a pull keeps what it has of blobs: HEX.part, named for the
// digest. It is collected by who pulls (internal/registry/download).
func (s *Store) Downloads() string { return s.path("downloads") }

// Layers are the unpacked layers themselves.
func (s *Store) Layers() *layerstore.Store { return s.layers }

// Mounts are the directories of RUN --mount=type=cache.
func (s *Store) Mounts() cachemount.Store { return cachemount.In(s.path("mounts")) }

func (s *Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// lock takes the store's lock: shared (LOCK_SH) to read the index and rely on
// it, exclusive (LOCK_EX) to change it. It is held for moments only, never
// while something is unpacked or deleted.
func (s *Store) lock(ctx context.Context, how int) (*os.File, error) {
	f, err := state.WaitLock(ctx, s.path("lock"), how)
	if err != nil {
		return nil, fmt.Errorf("image store: %w", err)
	}
	return f, nil
}

// reading runs f with the index, which nobody changes meanwhile.
func (s *Store) reading(ctx context.Context, f func(*index) error) error {
	return s.locked(ctx, unix.LOCK_SH, f)
}

// exclusive runs f, which saves the index itself.
func (s *Store) exclusive(ctx context.Context, f func(*index) error) error {
	return s.locked(ctx, unix.LOCK_EX, f)
}

// changing runs f with the index, and saves it if f does not fail.
func (s *Store) changing(ctx context.Context, f func(*index) error) error {
	return s.exclusive(ctx, func(x *index) error {
		if err := f(x); err != nil {
			return err
		}
		return s.saveIndex(x)
	})
}

func (s *Store) locked(ctx context.Context, how int, f func(*index) error) error {
	lock, err := s.lock(ctx, how)
	if err != nil {
		return err
	}
	defer lock.Close()
	x, err := s.readIndex()
	if err != nil {
		return err
	}
	return f(x)
}

// LayerSizes are the bytes of an image's layers, base first.
func (s *Store) LayerSizes(img *Image) ([]int64, error) {
	var sizes []int64
	for _, key := range img.Layers {
		rec, _, err := s.layers.Record(key)
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", key, err)
		}
		sizes = append(sizes, rec.Stats.Bytes)
	}
	return sizes, nil
}
