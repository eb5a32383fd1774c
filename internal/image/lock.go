package image

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// flock waits for a lock on the file at path, how being LOCK_SH or LOCK_EX. When
// ctx is done first, the wait goes on in the background until its turn comes,
// and gives the lock back at once: flock(2) cannot be interrupted from outside.
//
// A file that was removed while we waited locks nothing: the next is tried.
func flock(ctx context.Context, path string, how int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := waitFlock(ctx, f, how); err != nil {
			return nil, err
		}
		there, err := linked(f)
		if there {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}

// waitFlock closes f if it fails.
func waitFlock(ctx context.Context, f *os.File, how int) error {
	if tryFlock(f, how) == nil {
		return nil
	}
	got := make(chan error, 1)
	go func() { got <- retryEINTR(func() error { return unix.Flock(int(f.Fd()), how) }) }()
	select {
	case err := <-got:
		if err != nil {
			f.Close()
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		return nil
	case <-ctx.Done():
		go func() {
			<-got
			f.Close()
		}()
		return context.Cause(ctx)
	}
}

// tryExclusive is nil if somebody else has the lock.
func tryExclusive(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = tryFlock(f, unix.LOCK_EX)
	if err == nil {
		var there bool
		if there, err = linked(f); there {
			return f, nil
		}
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = nil
	}
	return nil, err
}

// linked tells whether an open file still has a name.
func linked(f *os.File) (bool, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return false, err
	}
	return st.Nlink > 0, nil
}

// tryFlock fails with EWOULDBLOCK where flock would wait.
func tryFlock(f *os.File, how int) error {
	return retryEINTR(func() error { return unix.Flock(int(f.Fd()), how|unix.LOCK_NB) })
}

func retryEINTR(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
