package rootfs

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Prune deletes the trees that inUse (values of Root.Digest) does not name and
// that no open Root has, and what killed processes left. It returns the names
// of those deleted, also with an error.
func (s *Store) Prune(inUse []string) ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var gone []string
	var errs []error
	for _, e := range entries {
		key := strings.TrimPrefix(e.Name(), "tmp-")
		if !isKey(key) || slices.Contains(inUse, e.Name()) {
			continue
		}
		done, err := s.pruneOne(key, e.Name())
		if err != nil {
			errs = append(errs, err)
		} else if done && key == e.Name() {
			gone = append(gone, key)
		}
	}
	return gone, errors.Join(errs...)
}

// pruneOne deletes an entry of the store unless its lock is held. A tree first
// gets its temporary name, so that one half deleted is never taken for whole.
// The lock file stays: a waiter may have it open.
func (s *Store) pruneOne(key, name string) (bool, error) {
	lock, err := state.TryLock(s.path("locks", key))
	if errors.Is(err, state.ErrLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer lock.Close()
	tmp := "tmp-" + key
	if err := safepath.RemoveAll(s.root, tmp); err != nil {
		return false, err
	}
	if name == tmp {
		return true, nil
	}
	if err := unix.Renameat(int(s.root.Fd()), key, int(s.root.Fd()), tmp); err != nil {
		return false, fmt.Errorf("prune %s: %w", s.path(key), err)
	}
	return true, safepath.RemoveAll(s.root, tmp)
}

// isKey tells the names of trees from what else is in the store.
func isKey(name string) bool {
	digest := strings.TrimSuffix(name, "-single")
	return len(digest) == 64 && strings.Trim(digest, "0123456789abcdef") == ""
}
