package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Who has waited for a file that was removed meanwhile has a lock that excludes
// nobody: it must take the file that is there.
func TestLockOfARemovedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	old, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	first := true
	got, err := lock(path, func(f *os.File) error {
		if first { // f is open: now the holder removes it and lets go
			first = false
			if err := errors.Join(os.Remove(path), old.Close()); err != nil {
				t.Fatal(err)
			}
		}
		return waitFlock(t.Context(), f, unix.LOCK_EX)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("the file that is there is not locked: %v", err)
	}
}

func TestWaitLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, err := WaitLock(t.Context(), path, unix.LOCK_SH)
	if err != nil {
		t.Fatal(err)
	}
	b, err := WaitLock(t.Context(), path, unix.LOCK_SH)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := WaitLock(ctx, path, unix.LOCK_EX); !errors.Is(err, why) {
		t.Errorf("a wait that was given up: %v", err)
	}
	a.Close()
	b.Close()
	// The wait that was given up may have its turn now; it gives it back.
	c, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
