package rootless

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// pollable wraps a pidfd so that waiting for it costs no thread.
func pollable(pidfd int) *os.File {
	_ = unix.SetNonblock(pidfd, true)
	return os.NewFile(uintptr(pidfd), "pidfd")
}

// waitReadable returns when f, a pidfd, is readable: its process has ended.
func waitReadable(f *os.File) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(func(fd uintptr) bool {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(p, 0)
		return n > 0 || (err != nil && err != unix.EINTR)
	})
}

// alive tells whether the process behind a pidfd has not ended; nil has.
func alive(pidfd *os.File) bool {
	if pidfd == nil {
		return false
	}
	p := []unix.PollFd{{Fd: int32(wire.FD(pidfd)), Events: unix.POLLIN}}
	n, _ := unix.Poll(p, 0) // interrupted counts as not ended: the watcher will tell
	return n <= 0
}

// reap collects a child of ours; for one that we adopted it does nothing.
func reap(pidfd *os.File) {
	_ = unix.Waitid(unix.P_PIDFD, wire.FD(pidfd), nil, unix.WEXITED|unix.WNOHANG, nil)
}

// ended is siginfo_t of a child's end, 64 bit.
type ended struct {
	signo, errno, code, _ int32
	pid                   int32
	uid                   uint32
	status                int32
	_                     [100]byte
}

// collect waits for a child of ours and returns its status, as wait4(2) has it.
// A pid is of no use for that: a child that was handed over to us has one that we
// do not know.
func collect(pidfd *os.File) unix.WaitStatus {
	info := awaitEnd(pidfd, unix.WEXITED)
	const exited, dumped = 1, 3 // CLD_EXITED, CLD_DUMPED
	switch info.code {
	case exited:
		return unix.WaitStatus(info.status << 8)
	case dumped:
		return unix.WaitStatus(info.status | 0x80)
	}
	return unix.WaitStatus(info.status)
}

// awaitEnd waits for the end of a child of ours, without costing a thread.
func awaitEnd(pidfd *os.File, options int) (info ended) {
	waitReadable(pidfd)
	for {
		err := unix.Waitid(unix.P_PIDFD, wire.FD(pidfd), (*unix.Siginfo)(unsafe.Pointer(&info)), options, nil)
		if err != unix.EINTR {
			return info
		}
	}
}

// collectGroup collects what is left of the process group that an ended child of ours
// led: its sibling, if it made one (program.HandOver) and was killed before it could
// tell. Nobody else knows of it, and until it is collected the pid namespace that it was
// born in does not end.
func collectGroup(leader int32) {
	for {
		if err := unix.Waitid(unix.P_PGID, int(leader), nil, unix.WEXITED, nil); err != nil && err != unix.EINTR {
			return // ECHILD: there is none
		}
	}
}

// sendSignal sends a signal to the process behind a pidfd (pidfd_send_signal(2)). A
// pidfd that is closed, or is being closed, is one of a process that has ended: its
// number may be another's, so it is held while it is used.
func sendSignal(pidfd *os.File, sig unix.Signal) error {
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return unix.ESRCH
	}
	if raw.Control(func(fd uintptr) { err = unix.PidfdSendSignal(int(fd), sig, nil, 0) }) != nil {
		return unix.ESRCH
	}
	return err
}

// destroy kills a child of ours that must not go on, collects it and closes its pidfd.
func destroy(pidfd *os.File) {
	_ = sendSignal(pidfd, unix.SIGKILL) // in vain if it has ended
	waitReadable(pidfd)
	reap(pidfd)
	pidfd.Close()
}
