package safepath

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrMount is wrapped by the error for a tree that something is mounted in.
var ErrMount = errors.New("something is mounted there: umount it first")

// depthLimit is how many directories are open at a time; deeper ones are first
// moved up to the top of the tree.
const depthLimit = 64

// RemoveAll deletes the entry name of root and everything below it; that there
// is none is no error. It follows no link and goes into no mount, by whomever
// made: such a directory stays, with an error that wraps ErrMount. It opens up
// directories that the caller owns and may not read. On an error it goes on
// with the rest, and returns the first few.
func RemoveAll(root *os.File, name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("remove %q in %s: not the name of one entry", name, root.Name())
	}
	r := &remover{}
	r.entry(root, name, filepath.Join(root.Name(), name), 0)
	return errors.Join(r.errs...)
}

// maxErrors bounds what a tree that cannot be deleted says.
const maxErrors = 5

type remover struct {
	top   *os.File // the tree's own directory, once it is open
	moved int      // names made in top
	errs  []error
}

func (r *remover) fail(path string, err error) {
	err = fmt.Errorf("remove %s: %w", path, err)
	again := slices.ContainsFunc(r.errs, func(e error) bool { return e.Error() == err.Error() })
	if len(r.errs) < maxErrors && !again {
		r.errs = append(r.errs, err)
	}
}

// entry deletes one entry of dir and reports whether it is gone.
func (r *remover) entry(dir *os.File, name, path string, depth int) bool {
	err := unix.Unlinkat(int(dir.Fd()), name, 0)
	if err == nil || err == unix.ENOENT || err == unix.ENAMETOOLONG { // nothing can have the latter
		return true
	}
	if err != unix.EISDIR {
		r.fail(path, explain(err))
		return false
	}
	sub, err := openDir(dir, name)
	if err != nil {
		if err != unix.ENOENT {
			r.fail(path, explain(err))
		}
		return err == unix.ENOENT
	}
	defer sub.Close()
	if depth >= depthLimit {
		return r.moveUp(dir, name, path)
	}
	if r.top == nil {
		r.top = sub
		defer func() { r.top = nil }()
	}
	return r.directory(dir, sub, name, path, depth)
}

// directory empties sub and removes it. It reads again as long as that deletes
// something: entries may have been moved up, or added by others, meanwhile.
func (r *remover) directory(dir, sub *os.File, name, path string, depth int) bool {
	for {
		deleted, failed := r.empty(sub, path, depth)
		err := unix.Unlinkat(int(dir.Fd()), name, unix.AT_REMOVEDIR)
		if err == nil || err == unix.ENOENT {
			return true
		}
		if deleted == 0 || err != unix.ENOTEMPTY {
			if !failed { // else the reason was noted below
				r.fail(path, explain(err))
			}
			return false
		}
		if _, err := sub.Seek(0, io.SeekStart); err != nil {
			r.fail(path, err)
			return false
		}
	}
}

// empty deletes the entries of sub.
func (r *remover) empty(sub *os.File, path string, depth int) (deleted int, failed bool) {
	for {
		names, err := sub.Readdirnames(512)
		for _, n := range names {
			if r.entry(sub, n, filepath.Join(path, n), depth+1) {
				deleted++
			} else {
				failed = true
			}
		}
		if err == io.EOF {
			return deleted, failed
		}
		if err != nil {
			r.fail(path, err)
			return deleted, true
		}
	}
}

// moveUp puts a directory that is too deep at the top of the tree, where the
// next reading finds it.
func (r *remover) moveUp(dir *os.File, name, path string) bool {
	for range 1 << 20 {
		r.moved++
		to := fmt.Sprintf(".moved-up-%d", r.moved)
		err := unix.Renameat2(int(dir.Fd()), name, int(r.top.Fd()), to, unix.RENAME_NOREPLACE)
		if err == unix.EEXIST {
			continue
		}
		if err != nil {
			r.fail(path, err)
		}
		return err == nil
	}
	return false
}

// explain adds what to do.
func explain(err error) error {
	if err == unix.EBUSY || err == unix.EXDEV {
		return fmt.Errorf("%w (%w)", ErrMount, err)
	}
	return err
}

// RemoveBelow is RemoveAll for who has the path of a directory of ours; one that is not
// there has nothing in it.
func RemoveBelow(dir, name string) error {
	root, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	return RemoveAll(root, name)
}
