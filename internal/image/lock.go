package image

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// flock waits for a lock on the file at path, how being LOCK_SH or LOCK_EX. When
// ctx is done first, the wait goes on in the background until its turn comes,
// and gives the lock back at once: flock(2) cannot be interrupted from outside.
func flock(ctx context.Context, path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if tryFlock(f, how) == nil {
		return f, nil
	}
	got := make(chan error, 1)
	go func() { got <- retryEINTR(func() error { return unix.Flock(int(f.Fd()), how) }) }()
	select {
	case err := <-got:
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return f, nil
	case <-ctx.Done():
		go func() {
			<-got
			f.Close()
		}()
		return nil, context.Cause(ctx)
	}
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
