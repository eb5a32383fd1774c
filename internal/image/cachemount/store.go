package cachemount

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/diskusage"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Store is the directories of a user. It may be used by several processes at once.
type Store struct{ dir string }

// In is the store in a directory, which is there.
func In(dir string) Store { return Store{dir} }

func (s Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// Info is what is known of a directory, in use or not.
type Info struct {
	Name    string // its own, in the store
	ID      string
	Created time.Time
	Used    time.Time // last
	InUse   bool      // now
}

// List are the directories that RUN --mount=type=cache has left.
func (s Store) List() (list []Info, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !imageref.IsHex(e.Name(), 64) {
			continue
		}
		m := Info{Name: e.Name()}
		var rec record
		path := s.path(e.Name(), recordName)
		if _, err := state.Load(path, &rec); err == nil {
			m.ID, m.Created = rec.ID, rec.Created
		}
		if info, err := os.Stat(path); err == nil {
			m.Used = info.ModTime()
		}
		lock, err := state.TryLock(s.path(e.Name() + lockSuffix))
		if m.InUse = errors.Is(err, state.ErrLocked); err == nil {
			err = lock.Close()
		}
		if err != nil && !m.InUse {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// Path is where the files of a directory are, given its name.
func (s Store) Path(name string) string { return s.path(name) }

// Sizes are what the directories hold, in bytes, by their names.
func (s Store) Sizes() (map[string]int64, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for i := range list {
		sizes[list[i].Name] = diskusage.Content(s.Path(list[i].Name))
	}
	return sizes, nil
}

// Remove deletes a directory that nobody has in use, and reports whether it
// did. The caller must be in the user namespace.
func (s Store) Remove(name string) (bool, error) {
	lock, err := state.TryLock(s.path(name + lockSuffix))
	if errors.Is(err, state.ErrLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer lock.Close()
	dir, err := os.Open(s.dir)
	if err != nil {
		return false, err
	}
	defer dir.Close()
	return true, errors.Join(safepath.RemoveAll(dir, name), os.Remove(lock.Name()))
}

// Tidy removes locks of directories that are gone.
func (s Store) Tidy() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		name, isLock := strings.CutSuffix(e.Name(), lockSuffix)
		if _, err := os.Lstat(s.path(name)); !isLock || err == nil {
			continue
		}
		lock, err := state.TryLock(s.path(e.Name()))
		if err != nil {
			continue // somebody is about to make the directory
		}
		errs = append(errs, os.Remove(lock.Name()), lock.Close())
	}
	return errors.Join(errs...)
}
