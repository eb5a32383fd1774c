package rootfs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Root is a root file system that is ready to be the lower of an overlay.
type Root struct {
	Lower   string   // absolute path of the directory; to be mounted read-only
	Digest  string   // the store's name for it, for Prune; "" = a directory of the user's
	Notices []string // what is not as in the archive, for the user

	close func() error
}

// Close lets the tree be pruned. The directory stays until then.
func (r *Root) Close() error { return r.close() }

// Prepare makes the directory for the root file system at path: path itself
// when it is a directory, else the unpacked archive, which may take a while the
// first time. Of concurrent callers one unpacks and the others wait. The caller
// closes the Root when nothing uses the directory any more.
func (s *Store) Prepare(ctx context.Context, path string) (*Root, error) {
	r, err := s.prepare(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("root file system %s: %w", path, err)
	}
	return r, nil
}

func (s *Store) prepare(ctx context.Context, path string) (*Root, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// O_NONBLOCK: a fifo must not make us wait for a writer.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: name a directory or a .tar, .tar.gz, .tar.xz or .tar.zst file", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		lower, err := filepath.EvalSymlinks(path)
		return &Root{Lower: lower, close: func() error { return nil }}, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("it is neither a directory nor a file: name a directory or an archive")
	}
	digest, err := s.digest(ctx, f)
	if err != nil {
		return nil, err
	}
	return s.share(ctx, f, digest)
}

// share returns the tree of an archive under a shared lock, and unpacks it if
// nobody has yet. flock(2) cannot turn an exclusive lock into a shared one
// without a gap, in which the tree may be pruned again: hence the loop.
func (s *Store) share(ctx context.Context, f *os.File, digest string) (*Root, error) {
	key := s.key(digest)
	lockFile := s.path("locks", key)
	for {
		shared, err := state.WaitLock(ctx, lockFile, unix.LOCK_SH)
		if err != nil {
			return nil, err
		}
		if s.published(key) {
			return s.opened(key, shared)
		}
		shared.Close()
		if err := s.publish(ctx, f, digest, lockFile); err != nil {
			return nil, err
		}
	}
}

func (s *Store) opened(key string, lock *os.File) (*Root, error) {
	rec, err := s.readRecord(key)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &Root{
		Lower:   s.path(key, "fs"),
		Digest:  key,
		Notices: rec.Notices,
		close:   sync.OnceValue(lock.Close),
	}, nil
}
