package layer

import (
	"bytes"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// openAt opens base in dir, never through a link.
func openAt(dir *os.File, base string, flags int, mode uint32) (*os.File, error) {
	return safepath.OpenAt(dir, base, flags, mode)
}

// futimens sets the times of an open file: utimensat(2) without a name, which
// the package unix does not offer.
func futimens(f *os.File, atime, mtime unix.Timespec) error {
	ts := [2]unix.Timespec{atime, mtime}
	_, _, errno := syscall.Syscall6(unix.SYS_UTIMENSAT, f.Fd(), 0, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

var zeros [4096]byte

// zero reports that b holds nothing but zeros.
func zero(b []byte) bool {
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if !bytes.Equal(b[:n], zeros[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}
