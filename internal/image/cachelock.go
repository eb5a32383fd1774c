package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// CacheLock waits until nobody else makes the step with this key: of several
// builds that want the same one, the others find it in the cache then. It does not
// keep anything. Close gives it back, as does the end of the process.
func (s *Store) CacheLock(ctx context.Context, key string) (io.Closer, error) {
	if !imageref.IsHex(key, 64) {
		return nil, fmt.Errorf("build cache: %q: not a SHA-256", key)
	}
	lock, err := state.WaitLock(ctx, s.path("locks", "step-"+key), unix.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("build cache: %w", err)
	}
	return stepLock{lock}, nil
}

type stepLock struct{ file *os.File }

// Close removes the file while it is locked: who waits for it makes another.
func (l stepLock) Close() error { return errors.Join(os.Remove(l.file.Name()), l.file.Close()) }
