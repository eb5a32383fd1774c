package logs

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is what a log pipe should hold: at 100 MB/s it bridges 2.6 ms, the
// time that a restarted supervisor needs to its first move. 1 MiB would not
// fit: an unprivileged user may hold 16384 pages in all his pipes (pipe(7)).
const pipeSize = 256 << 10

// NewPipe makes the pipe of one stream: the read end for [Mover.Add], the
// write end for the service. Both are close-on-exec. It holds 256 KiB, or what
// the user's limits allow (fcntl(2), F_SETPIPE_SZ).
//
// Both ends are in blocking mode. The write end must be, or services would see
// EAGAIN; the two ends are different open file descriptions. The read end may
// be, because the mover splices with SPLICE_F_NONBLOCK, and must be, because
// package os would register a non-blocking one with Go's own poller, which
// would then wake for every write beside the mover.
func NewPipe() (r, w *os.File, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("make a log pipe: %w (look at 'ulimit -n')", err)
	}
	for size := pipeSize; size >= 2*os.Getpagesize(); size /= 2 {
		if _, err := unix.FcntlInt(uintptr(p[1]), unix.F_SETPIPE_SZ, size); err == nil {
			break // EPERM: over /proc/sys/fs/pipe-max-size or pipe-user-pages-soft
		}
	}
	return os.NewFile(uintptr(p[0]), "log pipe, read end"), os.NewFile(uintptr(p[1]), "log pipe, write end"), nil
}
