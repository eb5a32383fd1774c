package state

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrLocked is returned by TryLock when somebody else holds the lock.
var ErrLocked = errors.New("locked by another process")

// Lock waits for the lock file at path (flock(2)) and returns it; closing it,
// or the end of the process, releases it.
func Lock(path string) (*os.File, error) {
	return WaitLock(context.Background(), path, unix.LOCK_EX)
}

// WaitLock is Lock with a choice of how, LOCK_SH or LOCK_EX. When ctx is done
// first, the wait goes on in the background until its turn comes, and gives the
// lock back at once: flock(2) cannot be interrupted from outside.
func WaitLock(ctx context.Context, path string, how int) (*os.File, error) {
	return lock(path, func(f *os.File) error { return waitFlock(ctx, f, how) })
}

// TryLock is Lock without waiting.
func TryLock(path string) (*os.File, error) {
	return lock(path, func(f *os.File) error {
		err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if err == unix.EWOULDBLOCK {
			f.Close()
			return ErrLocked
		}
		return closeIf(err, f)
	})
}

// lock opens the file and has take lock it, which closes it if it fails. A file
// that was removed meanwhile locks nothing: the next is tried.
func lock(path string, take func(*os.File) error) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := take(f); err != nil {
			return nil, err
		}
		var st unix.Stat_t
		if err := closeIf(unix.Fstat(int(f.Fd()), &st), f); err != nil {
			return nil, err
		}
		if st.Nlink > 0 {
			return f, nil
		}
		f.Close()
	}
}

func waitFlock(ctx context.Context, f *os.File, how int) error {
	if flock(f, how|unix.LOCK_NB) == nil {
		return nil
	}
	got := make(chan error, 1)
	go func() { got <- flock(f, how) }()
	select {
	case err := <-got:
		return closeIf(err, f)
	case <-ctx.Done():
		go func() {
			<-got
			f.Close()
		}()
		return context.Cause(ctx)
	}
}

// closeIf closes f if there is an error.
func closeIf(err error, f *os.File) error {
	if err == nil {
		return nil
	}
	f.Close()
	return fmt.Errorf("lock %s: %w", f.Name(), err)
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}
