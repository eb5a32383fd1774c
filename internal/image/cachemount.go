package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// CacheMount is the directory of a RUN --mount=type=cache, which outlives builds
// (BuildKit's Dockerfile reference, "RUN --mount=type=cache"). It is for a process
// in the user namespace; what is in it belongs to whoever wrote it there.
type CacheMount struct {
	Path string // the directory to mount
	// New: it is empty. Give it the owner, the mode and the files that it begins with,
	// and call Filled; until then others that want it wait. When that does not come to
	// pass, because the process is killed or calls Close, it is emptied for the next.
	New bool

	lock *os.File
	fill *os.File // exclusive while it is New
	mark string   // a file: it was filled
}

// mountRecord is what the store knows of such a directory, beside it.
type mountRecord struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
}

// Ways to share the directory between steps that run at the same time.
const (
	SharingShared  = "shared"  // all have it; the default
	SharingPrivate = "private" // each has one of its own: another if the first is taken
	SharingLocked  = "locked"  // one after the other
)

// maxPrivate bounds the directories of one id.
const maxPrivate = 1000

// CacheMount takes the directory with this id into use until it is closed.
func (s *Store) CacheMount(ctx context.Context, id, sharing string) (m *CacheMount, err error) {
	switch sharing {
	case SharingShared, "":
		m, err = s.openMount(ctx, id, 0, func(path string) (*os.File, error) { return state.WaitLock(ctx, path, unix.LOCK_SH) })
	case SharingLocked:
		m, err = s.openMount(ctx, id, 0, func(path string) (*os.File, error) { return state.WaitLock(ctx, path, unix.LOCK_EX) })
	case SharingPrivate:
		for n := range maxPrivate {
			if m, err = s.openMount(ctx, id, n, state.TryLock); !errors.Is(err, state.ErrLocked) {
				break
			}
		}
	default:
		return nil, fmt.Errorf("cache mount %q: sharing %q is not one of shared, private, locked", id, sharing)
	}
	if err != nil {
		return nil, fmt.Errorf("cache mount %q: %w", id, err)
	}
	return m, nil
}

func (s *Store) openMount(ctx context.Context, id string, n int, take func(string) (*os.File, error)) (_ *CacheMount, err error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", id, n))
	name := hex.EncodeToString(sum[:])
	lock, err := take(s.path("mounts", name+lockSuffix))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	dir := s.path("mounts", name)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	record := dir + "/" + recordName
	now := time.Now()
	if err := os.Chtimes(record, now, now); errors.Is(err, fs.ErrNotExist) {
		err = state.Save(record, mountRecord{id, now.UTC()})
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	m := &CacheMount{Path: dir + "/fs", lock: lock, mark: dir + "/" + filledName}
	return m, m.begin(ctx, dir+fillSuffix+lockSuffix)
}

// filledName is the mark of a directory that has what it begins with.
const filledName = "filled"

// begin waits until somebody has filled the directory, or makes it a new one. The
// caller has it in use.
func (m *CacheMount) begin(ctx context.Context, lock string) error {
	if _, err := os.Lstat(m.mark); err == nil {
		return nil
	}
	fill, err := state.WaitLock(ctx, lock, unix.LOCK_EX)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(m.mark); err == nil {
		return errors.Join(os.Remove(fill.Name()), fill.Close()) // another was faster
	}
	m.fill = fill
	if err = m.empty(); err == nil {
		err = os.Mkdir(m.Path, 0o755)
	}
	if err != nil {
		return errors.Join(err, m.unfill())
	}
	m.New = true
	return nil
}

// empty removes what somebody who was killed has put into the directory.
func (m *CacheMount) empty() error {
	parent, err := os.Open(filepath.Dir(m.Path))
	if err != nil {
		return err
	}
	defer parent.Close()
	return safepath.RemoveAll(parent, filepath.Base(m.Path))
}

// Filled says that the directory has what it begins with.
func (m *CacheMount) Filled() error {
	f, err := os.OpenFile(m.mark, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), m.unfill())
}

// unfill lets others look whether it is filled; they wait for a file that is there.
func (m *CacheMount) unfill() error {
	if m.fill == nil {
		return nil
	}
	defer func() { m.fill = nil }()
	return errors.Join(os.Remove(m.fill.Name()), m.fill.Close())
}

const lockSuffix = ".lock"

// Close gives the directory back.
func (m *CacheMount) Close() error { return errors.Join(m.unfill(), m.lock.Close()) }

// Mount is a directory of the build cache.
type Mount struct {
	Name    string // its own, below mounts
	ID      string
	Created time.Time
	Used    time.Time // last
	InUse   bool      // now
}

// Mounts are the directories that RUN --mount=type=cache has left.
func (s *Store) Mounts() (list []Mount, err error) {
	entries, err := os.ReadDir(s.path("mounts"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !isHex(e.Name(), 64) {
			continue
		}
		m := Mount{Name: e.Name()}
		var rec mountRecord
		path := s.path("mounts", e.Name(), recordName)
		if _, err := state.Load(path, &rec); err == nil {
			m.ID, m.Created = rec.ID, rec.Created
		}
		if info, err := os.Stat(path); err == nil {
			m.Used = info.ModTime()
		}
		lock, err := state.TryLock(s.path("mounts", e.Name()+lockSuffix))
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

// MountPath is where the files of a Mount are.
func (s *Store) MountPath(m *Mount) string { return s.path("mounts", m.Name) }

// removeMount deletes a directory that nobody has in use, and reports whether it
// did. The caller must be in the user namespace.
func (s *Store) removeMount(name string) (bool, error) {
	lock, err := state.TryLock(s.path("mounts", name+lockSuffix))
	if errors.Is(err, state.ErrLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer lock.Close()
	dir, err := os.Open(s.path("mounts"))
	if err != nil {
		return false, err
	}
	defer dir.Close()
	return true, errors.Join(safepath.RemoveAll(dir, name), os.Remove(lock.Name()))
}

// tidyMounts removes locks of directories that are gone.
func (s *Store) tidyMounts() error {
	return s.tidyDir("mounts", func(name string) bool {
		name, isLock := strings.CutSuffix(name, lockSuffix)
		if _, err := os.Lstat(s.path("mounts", name)); !isLock || err == nil {
			return true
		}
		lock, err := state.TryLock(s.path("mounts", name+lockSuffix))
		if err != nil {
			return true
		}
		defer lock.Close()
		return os.Remove(lock.Name()) == nil // removed here, while the lock is held
	})
}
