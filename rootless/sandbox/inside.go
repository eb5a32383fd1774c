package sandbox

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Root opens the root directory of the mount namespace of the process behind
// pidfd: that of its container, where a command is executed too. The process's
// own root (/proc/PID/root) may be another by now: CAP_SYS_CHROOT is among
// docker's capabilities, and who is looked up in /etc/passwd is not for it to say.
// No pid is used, so none can have become somebody else's.
func Root(pidfd *os.File) (*os.File, error) {
	return inMountNS(pidfd, func() (*os.File, error) { return openPath(unix.AT_FDCWD, "/", unix.O_DIRECTORY) })
}

// inMountNS calls f in the mount namespace of the process behind pidfd.
func inMountNS(pidfd *os.File, f func() (*os.File, error)) (*os.File, error) {
	type result struct {
		f   *os.File
		err error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread()                              // never unlocked: the thread stays in the other namespace, and ends with its goroutine
		if err := unix.Unshare(unix.CLONE_FS); err != nil { // setns(2): the root may not be shared with other threads
			done <- result{err: err}
			return
		}
		if err := unix.Setns(wire.FD(pidfd), unix.CLONE_NEWNS); err != nil {
			done <- result{err: err}
			return
		}
		file, err := f()
		done <- result{file, err}
	}()
	r := <-done
	return r.f, r.err
}
