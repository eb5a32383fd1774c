package doctor

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// missingCalls are the system calls without which projects do not run and which this
// kernel has not, or a filter keeps back. Each is made with arguments that it refuses.
func missingCalls() (names []string) {
	const bad = ^uintptr(0)
	for _, c := range []struct {
		name   string
		number uintptr
		a, b   uintptr
	}{
		{"open_tree", unix.SYS_OPEN_TREE, bad, 0},
		{"move_mount", unix.SYS_MOVE_MOUNT, bad, 0},
		{"fsopen", unix.SYS_FSOPEN, 0, bad},
		{"fsconfig", unix.SYS_FSCONFIG, bad, 0},
		{"fsmount", unix.SYS_FSMOUNT, bad, 0},
		{"pidfd_open", unix.SYS_PIDFD_OPEN, 0, bad},
		{"pidfd_send_signal", unix.SYS_PIDFD_SEND_SIGNAL, bad, 0},
		{"close_range", unix.SYS_CLOSE_RANGE, 1, 0},
		{"mount_setattr", unix.SYS_MOUNT_SETATTR, bad, 0},
		{"memfd_create", unix.SYS_MEMFD_CREATE, 0, bad},
		{"execveat", unix.SYS_EXECVEAT, bad, 0},
		{"statx", unix.SYS_STATX, bad, 0},
	} {
		if _, _, errno := unix.Syscall6(c.number, c.a, c.b, 0, 0, 0, 0); errno == unix.ENOSYS || errno == unix.EPERM && c.number != unix.SYS_FSOPEN {
			names = append(names, c.name)
		}
	}
	return names
}

// trySeccomp asks whether a filter may answer with an error (seccomp(2),
// SECCOMP_GET_ACTION_AVAIL).
func trySeccomp() error {
	const actionAvailable = 2
	action := uint32(unix.SECCOMP_RET_ERRNO)
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, actionAvailable, 0, uintptr(unsafe.Pointer(&action))); errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}

// noExec tells whether the answer to executing a script without interpreter says that
// nothing may be executed there: where it may, the interpreter is what is missing.
func noExec(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
