package doomed

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// TmpPrefix begins the name of a directory that is being made or deleted.
const TmpPrefix = "tmp-"

// Dir is a directory that nobody will take into use any more.
type Dir struct {
	What  string // it was: a digest; "" = a leftover
	Bytes int64  // that it had

	parent, tmp string
	lock        *os.File
}

// Key is the key of a directory's name, and whether the directory is not finished, or
// going.
func Key(name string) (key string, isTmp bool) { return strings.CutPrefix(name, TmpPrefix) }

// Take takes the lock of the directory with this key, without waiting, and then its
// name. It is nil if somebody has the lock. about says what it is; it is called under
// the lock, and not for one that has a temporary name already.
func Take(parent, locks, key string, isTmp bool, about func() (what string, bytes int64)) (*Dir, error) {
	lock, err := state.TryLock(filepath.Join(locks, key))
	if errors.Is(err, state.ErrLocked) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &Dir{parent: parent, tmp: TmpPrefix + key, lock: lock}
	if isTmp {
		return d, nil
	}
	d.What, d.Bytes = about()
	dir, err := os.Open(parent)
	if err == nil {
		err = errors.Join(safepath.RemoveAll(dir, d.tmp), unix.Renameat(int(dir.Fd()), key, int(dir.Fd()), d.tmp), dir.Close())
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

// Delete deletes it and gives its lock back. The caller must be in the user namespace.
func (d *Dir) Delete() error {
	defer d.lock.Close()
	dir, err := os.Open(d.parent)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := safepath.RemoveAll(dir, d.tmp); err != nil {
		return err
	}
	return os.Remove(d.lock.Name())
}
