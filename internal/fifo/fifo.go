// Package fifo opens files that users name and that may be named pipes (fifo(7)): open(2) of
// such a one waits for somebody who writes, and no signal that is handled ends that. Here a
// context does.
//
// # Invariants
//
//   - A pipe without a writer is waited for, as by cat(1): it is no empty file.
//   - When ctx ends, so do the opening and, but for [ForProcess], every read.
package fifo

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Open opens a file for reading. The error is ctx's if it ends first.
func Open(ctx context.Context, path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return os.Open(path) // whose error says more of what was to be done
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if err := writer(ctx, fd); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	f := os.NewFile(uintptr(fd), path)
	context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) }) // it may be closed by then
	return f, nil
}

// ForProcess opens a file for a process that reads it: one that waits, as processes expect,
// and that they end with who started them.
func ForProcess(ctx context.Context, path string) (*os.File, error) {
	f, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(int(f.Fd()), false); err != nil {
		return nil, errors.Join(os.NewSyscallError("fcntl", err), f.Close())
	}
	return f, nil
}

// writer waits until there is something to read of a pipe, or its writers have gone: before
// the first of them poll(2) reports neither.
func writer(ctx context.Context, fd int) error {
	var wake [2]int
	if err := unix.Pipe2(wake[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return os.NewSyscallError("pipe2", err)
	}
	defer unix.Close(wake[0])
	defer unix.Close(wake[1])
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		_, _ = unix.Write(wake[1], []byte{0}) // it is empty
	})
	defer func() {
		if !stop() {
			<-told // it uses the pipe
		}
	}()
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(wake[0]), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return os.NewSyscallError("poll", err)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case fds[0].Revents != 0:
			return nil
		}
	}
}
