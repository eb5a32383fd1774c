package rootfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Store holds unpacked archives. Its methods may be called at the same time, by
// several processes too.
type Store struct {
	Limits layer.Limits
	// Start starts the process that unpacks; nil: this one does.
	Start Start

	dir    string
	root   *os.File
	single bool // one user id only
}

// Open opens the store in dir, which is made if it is missing. It must belong
// to the caller. The caller must be the one (in its user namespace) who
// unpacks: whether owners can be kept is tried here.
func Open(dir string) (_ *Store, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	for _, d := range []string{dir, filepath.Join(dir, "locks"), filepath.Join(dir, "index")} {
		if err := state.MakePrivate(d); err != nil {
			return nil, fmt.Errorf("store of root file systems: %w", err)
		}
	}
	root, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("store of root file systems: %w", err)
	}
	defer func() {
		if err != nil {
			root.Close()
		}
	}()
	single, err := OneIDOnly(root)
	if err != nil {
		return nil, fmt.Errorf("store of root file systems %s: %w", dir, err)
	}
	return &Store{Limits: layer.DefaultLimits, dir: dir, root: root, single: single}, nil
}

// Close gives the store's descriptor back; Roots stay usable.
func (s *Store) Close() error { return s.root.Close() }

// OneIDOnly reports that files below dir cannot be given to others. It tries to
// give one (without a name, open(2) O_TMPFILE, or else one that is removed) to
// id 1.
func OneIDOnly(dir *os.File) (bool, error) {
	var f *os.File
	if fd, err := unix.Openat(int(dir.Fd()), ".", unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600); err == nil {
		f = os.NewFile(uintptr(fd), dir.Name())
	} else {
		named, err := os.CreateTemp(dir.Name(), ".owner-*")
		if err != nil {
			return false, err
		}
		defer os.Remove(named.Name())
		f = named
	}
	defer f.Close()
	err := unix.Fchown(int(f.Fd()), 1, 1)
	if err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EOVERFLOW) {
		return false, fmt.Errorf("try to change a file's owner: %w", err)
	}
	return err != nil, nil
}

// key names the tree of an archive: it depends on what could be kept.
func (s *Store) key(digest string) string {
	if s.single {
		return digest + "-single"
	}
	return digest
}

func (s *Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// published reports that a tree is there, complete.
func (s *Store) published(key string) bool {
	_, err := os.Stat(s.path(key, "record.json"))
	return err == nil
}
