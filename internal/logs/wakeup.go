package logs

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// An eventfd(2) wakes a thread that waits in epoll_wait(2) or poll(2).
func newEvent() (int, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return -1, fmt.Errorf("make eventfd for logs: %w", err)
	}
	return fd, nil
}

// raiseEvent can only fail when the counter is full; then it is raised.
func raiseEvent(fd int) {
	_, _ = unix.Write(fd, binary.NativeEndian.AppendUint64(nil, 1))
}

// resetEvent can only fail when it was not raised.
func resetEvent(fd int) {
	var b [8]byte
	_, _ = unix.Read(fd, b[:])
}
