package pidfd

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Wait returns nil when the process has ended, or the context's error when
// that comes first. It does not reap.
func (p *FD) Wait(ctx context.Context) error {
	f, err := p.dup()
	if err != nil {
		return err
	}
	defer f.Close()
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() {
		f.SetReadDeadline(time.Unix(1, 0)) // fails only once f is closed
	})
	defer stop()
	var inner error
	err = c.Read(func(fd uintptr) bool {
		var ended bool
		ended, inner = readable(int(fd))
		return ended || inner != nil
	})
	if err == nil {
		return inner
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("wait for process: %w", err)
}

// dup gives a wait its own descriptor, and so its own deadline.
func (p *FD) dup() (*os.File, error) {
	var dup int
	err := p.do(func(fd int) (err error) {
		dup, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("duplicate pidfd: %w", err)
	}
	return os.NewFile(uintptr(dup), "pidfd"), nil
}
