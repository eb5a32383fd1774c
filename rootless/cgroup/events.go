package cgroup

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Patience bounds a wait whose context has no end.
const Patience = 30 * time.Second

// await returns when the line of cgroup.events is key value. The kernel wakes who
// polls the file when it changes; a reader has to read it before each wait, or
// misses what happened in between.
func (g *Group) await(ctx context.Context, key string, value uint64) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	fd, err := openAt(g.dir, "cgroup.events", unix.O_RDONLY)
	if err != nil {
		return &os.PathError{Op: "open", Path: g.dir.Name() + "/cgroup.events", Err: err}
	}
	defer unix.Close(fd)
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return err
	}
	defer unix.Close(wake)
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_, _ = unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		close(told)
	})
	defer func() {
		if !stop() {
			<-told // it must not write to a number that is somebody else's by then
		}
	}()
	buf := make([]byte, 0, 128)
	for {
		if buf, err = readAll(fd, buf[:0]); err != nil {
			return &os.PathError{Op: "read", Path: g.dir.Name() + "/cgroup.events", Err: err}
		}
		if field(buf, key) == value {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %s is not %d: %w", g.dir.Name(), key, value, ctx.Err())
		}
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}, {Fd: int32(wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(p, -1); err != nil && err != unix.EINTR {
			return err
		}
	}
}
