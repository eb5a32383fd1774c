package image

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// tidy removes the small files that killed processes left, and those of images
// that are gone. The caller holds the store's exclusive lock, under which alone
// configurations and the index are written.
func (s *Store) tidy(x *index) error {
	return errors.Join(
		s.tidyDir("configs", func(name string) bool {
			_, ok := x.Images["sha256:"+name]
			return ok
		}),
		s.tidyDir("manifests", x.hasManifest),
		s.tidyDir("cache", func(name string) bool {
			return name == filepath.Base(collectName) || imageref.IsHex(strings.TrimSuffix(name, ".json"), 64) && strings.HasSuffix(name, ".json")
		}),
		s.tidyDir("sources", func(name string) bool {
			var m memory
			_, err := state.Load(s.path("sources", name), &m)
			return strings.HasPrefix(name, ".") || err == nil && x.hasAll(m.IDs) // a name with a dot is being written
		}),
		s.tidyDir("", func(name string) bool {
			return !strings.HasPrefix(name, "."+indexName+".") && !strings.HasPrefix(name, ".commit.") // of commit: it has no name for long
		}),
		s.tidyLocks(),
		s.Mounts().Tidy(),
	)
}

func (x *index) hasManifest(hex string) bool {
	for _, img := range x.Images {
		if img.Manifest == "sha256:"+hex {
			return true
		}
	}
	return false
}

func (x *index) hasAll(ids []string) bool {
	for _, id := range ids {
		if _, ok := x.Images[id]; !ok {
			return false
		}
	}
	return true
}

// tidyDir removes the files of a directory that are not to be kept.
func (s *Store) tidyDir(dir string, keep func(name string) bool) error {
	entries, err := os.ReadDir(s.path(dir))
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.Type().IsRegular() && !keep(e.Name()) {
			if err := os.Remove(s.path(dir, e.Name())); !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// tidyLocks removes the locks of layers that do not exist, unless somebody has
// them: who waits for one looks whether it is there still.
func (s *Store) tidyLocks() error {
	return s.tidyDir("locks", func(name string) bool {
		for _, dir := range []string{name, doomed.TmpPrefix + name} {
			if _, err := os.Lstat(s.layers.Path(dir)); err == nil {
				return true
			}
		}
		lock, err := state.TryLock(s.path("locks", name))
		if err != nil {
			return true
		}
		defer lock.Close()
		return os.Remove(lock.Name()) == nil // removed here, while the lock is held
	})
}
