package contexts

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

// keep is what contexts have on disk for the next build, below DATA/build:
//
//	files/NAME            digests of the files of a directory (internal/build/selection)
//	KIND/NAME/            something that was fetched, complete; its time is that of its last use
//	KIND/NAME.lock        flock: exclusive to make or remove it, shared to use it
//	KIND/tmp-NAME/        being made or removed
type keep struct{ dir string }

// The kinds.
const (
	kindFiles = "files"
	kindURL   = "urls"  // a file by its address
	kindTar   = "trees" // an archive that was unpacked
	kindRepo  = "repos" // a bare repository of git
	kindGit   = "git"   // what of a commit is checked out
)

// fetchedKinds are those that can be removed: they are fetched again.
var fetchedKinds = []string{kindURL, kindTar, kindRepo, kindGit}

func openKeep(data string) (*keep, error) {
	k := &keep{filepath.Join(data, "build")}
	for _, kind := range append([]string{kindFiles}, fetchedKinds...) {
		if err := os.MkdirAll(k.path(kind), 0o700); err != nil {
			return nil, fmt.Errorf("directory for builds: %w", err)
		}
	}
	return k, nil
}

func (k *keep) path(parts ...string) string {
	return filepath.Join(append([]string{k.dir}, parts...)...)
}

// name is a file name for a text.
func name(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// held is something fetched that nobody removes until it is closed.
type held struct {
	path string
	lock *os.File
}

func (h *held) Close() error { return h.lock.Close() }

// get returns a directory of a kind, made by fill if it is not there: it gets an
// empty directory, which becomes visible when it returns nil.
func (k *keep) get(ctx context.Context, kind, name string, fill func(dir string) error) (*held, error) {
	for {
		h, ok, err := k.look(ctx, kind, name)
		if ok || err != nil {
			return h, err
		}
		if err := k.make(ctx, kind, name, fill); err != nil {
			return nil, err
		}
	}
}

// look uses what is there.
func (k *keep) look(ctx context.Context, kind, name string) (*held, bool, error) {
	lock, err := state.WaitLock(ctx, k.path(kind, name+lockSuffix), unix.LOCK_SH)
	if err != nil {
		return nil, false, err
	}
	path := k.path(kind, name)
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil {
		lock.Close()
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return nil, false, err
	}
	return &held{path, lock}, true, nil
}

const (
	lockSuffix = ".lock"
	tmpPrefix  = "tmp-"
	partPrefix = "part-"
)

func (k *keep) make(ctx context.Context, kind, name string, fill func(dir string) error) (err error) {
	lock, err := state.WaitLock(ctx, k.path(kind, name+lockSuffix), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer lock.Close()
	if _, err := os.Lstat(k.path(kind, name)); err == nil {
		return nil // somebody else was faster
	}
	tmp := k.path(kind, tmpPrefix+name)
	if err := k.remove(kind, tmpPrefix+name); err != nil {
		return fmt.Errorf("what is left of an earlier build: %w", err)
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.remove(kind, tmpPrefix+name))
		}
	}()
	if err := fill(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, k.path(kind, name)); err != nil {
		return err
	}
	_, err = k.tidyAll(unusedFor) // for what comes something goes
	return err
}

func (k *keep) remove(kind, name string) error {
	dir, err := os.Open(k.path(kind))
	if err != nil {
		return err
	}
	defer dir.Close()
	return safepath.RemoveAll(dir, name)
}

// unusedFor is how long something that was fetched is kept without being used,
// abandoned for how long nothing came for a download that nobody waits for any more.
const (
	unusedFor = 7 * 24 * time.Hour
	abandoned = 10 * silence
)

// tidy removes what nobody has used for some time, and what was left half made.
func (k *keep) tidy(kind string, older time.Duration) (freed []Freed, err error) {
	list, err := os.ReadDir(k.path(kind))
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		st, serr := e.Info()
		if serr != nil || time.Since(st.ModTime()) < older {
			continue
		}
		if strings.HasPrefix(e.Name(), partPrefix) && time.Since(st.ModTime()) > abandoned {
			err = errors.Join(err, os.Remove(k.path(kind, e.Name()))) // of somebody who was killed
		}
		if !e.IsDir() {
			continue
		}
		size := sizeOf(k.path(kind, e.Name()))
		done, rerr := k.evict(kind, e.Name())
		if done {
			freed = append(freed, Freed{kind + "/" + e.Name(), size})
		}
		err = errors.Join(err, rerr)
	}
	return freed, err
}

// evict removes an entry that nobody uses.
func (k *keep) evict(kind, name string) (bool, error) {
	lock, err := state.TryLock(k.path(kind, strings.TrimPrefix(name, tmpPrefix)+lockSuffix))
	if errors.Is(err, state.ErrLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer lock.Close()
	if err := k.remove(kind, name); err != nil {
		return false, err
	}
	return true, os.Remove(lock.Name())
}

// Freed is something that was removed.
type Freed struct {
	Name  string
	Bytes int64
}

// Prune removes what earlier builds have fetched and nobody uses now, if it was not used
// for the given time.
func Prune(data string, older time.Duration) (freed []Freed, err error) {
	k, err := openKeep(data)
	if err != nil {
		return nil, err
	}
	return k.tidyAll(older)
}

func (k *keep) tidyAll(older time.Duration) (freed []Freed, err error) {
	for _, kind := range fetchedKinds {
		f, terr := k.tidy(kind, older)
		freed, err = append(freed, f...), errors.Join(err, terr)
	}
	return freed, err
}

// sizeOf is what the files below a directory have, as far as they can be looked at.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if st, err := e.Info(); err == nil && st.Mode().IsRegular() {
			n += st.Size()
		}
		return nil
	})
	return n
}
