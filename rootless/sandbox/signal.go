package sandbox

import (
	"os"

	"golang.org/x/sys/unix"
)

// SignalAll makes the program that sends a signal to every process of the pid
// namespace of pidfd's process, those of namespaces below it included, but for
// its first (kill(2), pid -1). The kernel does it in one pass, under the lock
// that a fork has to take: no child slips through.
func SignalAll(pidfd *os.File, sig unix.Signal) *Prepared {
	b := newBuilder()
	b.Join = b.file(pidfd)
	b.do("be invisible", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	// Nobody else in there is no failure.
	b.do("signal the container's processes", unix.SYS_KILL, -1, int(sig)).Ignore()
	b.mark(EndWhat)
	b.do(EndWhat, unix.SYS_EXIT_GROUP, 0)
	return b.Prepared
}
