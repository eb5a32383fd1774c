package cachemount

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Mount is the directory of a RUN --mount=type=cache, which outlives builds
// (BuildKit's Dockerfile reference, "RUN --mount=type=cache"). It is for a process
// in the user namespace; what is in it belongs to whoever wrote it there.
type Mount struct {
	Path string // the directory to mount
	// New: it is empty. Give it the owner, the mode and the files that it begins with,
	// and call Filled; until then others that want it wait. When that does not come to
	// pass, because the process is killed or calls Close, it is emptied for the next.
	New bool

	lock *os.File
	fill *os.File // exclusive while it is New
	mark string   // a file: it was filled
}

// record is what is known of such a directory, beside it.
type record struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
}

// Ways to share the directory between steps that run at the same time.
const (
	Shared  = "shared"  // all have it; the default
	Private = "private" // each has one of its own: another if the first is taken
	Locked  = "locked"  // one after the other
)

// maxPrivate bounds the directories of one id.
const maxPrivate = 1000

// Take takes the directory with this id into use until it is closed.
func (s Store) Take(ctx context.Context, id, sharing string) (m *Mount, err error) {
	switch sharing {
	case Shared, "":
		m, err = s.open(ctx, id, 0, func(path string) (*os.File, error) { return state.WaitLock(ctx, path, unix.LOCK_SH) })
	case Locked:
		m, err = s.open(ctx, id, 0, func(path string) (*os.File, error) { return state.WaitLock(ctx, path, unix.LOCK_EX) })
	case Private:
		for n := range maxPrivate {
			if m, err = s.open(ctx, id, n, state.TryLock); !errors.Is(err, state.ErrLocked) {
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

func (s Store) open(ctx context.Context, id string, n int, take func(string) (*os.File, error)) (_ *Mount, err error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", id, n))
	name := hex.EncodeToString(sum[:])
	lock, err := take(s.path(name + lockSuffix))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	dir := s.Path(name)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	mark := dir + "/" + recordName
	now := time.Now()
	if err := os.Chtimes(mark, now, now); errors.Is(err, fs.ErrNotExist) {
		err = state.Save(mark, record{id, now.UTC()})
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	m := &Mount{Path: dir + "/fs", lock: lock, mark: dir + "/" + filledName}
	return m, m.begin(ctx, dir+fillSuffix+lockSuffix)
}

const (
	recordName = "record.json"
	filledName = "filled" // the mark of a directory that has what it begins with
	lockSuffix = ".lock"
	fillSuffix = ".fill"
)

// begin waits until somebody has filled the directory, or makes it a new one. The
// caller has it in use.
func (m *Mount) begin(ctx context.Context, lock string) error {
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
func (m *Mount) empty() error {
	parent, err := os.Open(filepath.Dir(m.Path))
	if err != nil {
		return err
	}
	defer parent.Close()
	return safepath.RemoveAll(parent, filepath.Base(m.Path))
}

// Filled says that the directory has what it begins with.
func (m *Mount) Filled() error {
	f, err := os.OpenFile(m.mark, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), m.unfill())
}

// unfill lets others look whether it is filled; they wait for a file that is there.
func (m *Mount) unfill() error {
	if m.fill == nil {
		return nil
	}
	defer func() { m.fill = nil }()
	return errors.Join(os.Remove(m.fill.Name()), m.fill.Close())
}

// Close gives the directory back.
func (m *Mount) Close() error { return errors.Join(m.unfill(), m.lock.Close()) }
