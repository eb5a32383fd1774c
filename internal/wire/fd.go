package wire

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// FD is the descriptor of f, -1 if f is closed. os.File.Fd would set the open
// file description, which other processes share, to blocking mode. The caller
// keeps f alive and open while it uses the number.
func FD(f *os.File) int {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1
	}
	n := -1
	if err := raw.Control(func(fd uintptr) { n = int(fd) }); err != nil {
		return -1
	}
	return n
}

// Duplicate is another descriptor of the same open file, which the caller closes.
func Duplicate(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(FD(f)), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("duplicate %s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
