package menu

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// asking is how often it is asked, in the background, whether we are there still.
const asking = 500 * time.Millisecond

// attend reads keys and answers to signals until the bar is closed.
func (b *Bar) attend() {
	defer close(b.mode.done)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH)
	defer signal.Stop(signals)
	quit := make(chan struct{})
	defer close(quit)
	go func() {
		for {
			select {
			case s := <-signals:
				b.signalled(s)
			case <-quit:
				return
			}
		}
	}()
	buf := make([]byte, 64)
	for !b.mode.isClosed() {
		if !b.isAwake() {
			b.wake(b.mode.take())
		}
		ready, err := b.wait()
		if err != nil {
			b.wake(false)
			return
		}
		if !ready {
			continue
		}
		n, err := unix.Read(b.fd(), buf)
		if n <= 0 && err != unix.EINTR && err != unix.EAGAIN {
			b.wake(false)
			return // the terminal is gone
		}
		b.typed(buf[:max(n, 0)])
		b.filter.pause()
	}
}

func (b *Bar) isAwake() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.awake
}

func (b *Bar) fd() int {
	fd := -1
	if raw, err := b.mode.in.SyscallConn(); err == nil {
		_ = raw.Control(func(p uintptr) { fd = int(p) }) // fails only after a close, as the read then does
	}
	return fd
}

// wait waits for a key, or for a change of the state. In the background the keys are
// others'.
func (b *Bar) wait() (ready bool, err error) {
	fds := []unix.PollFd{{Fd: int32(b.mode.wake[0]), Events: unix.POLLIN}}
	limit := int(asking / time.Millisecond)
	if b.isAwake() {
		fds = append(fds, unix.PollFd{Fd: int32(b.fd()), Events: unix.POLLIN})
		limit = -1
	}
	if _, err := unix.Poll(fds, limit); err != nil && !errors.Is(err, unix.EINTR) {
		return false, err
	}
	if fds[0].Revents != 0 {
		var drop [16]byte
		_, _ = unix.Read(b.mode.wake[0], drop[:]) // whatever it says: the state is looked at
	}
	return len(fds) > 1 && fds[1].Revents != 0 && b.isAwake() && foreground(b.mode.in), nil
}

// signalled answers to one signal.
func (b *Bar) signalled(s os.Signal) {
	switch s {
	case unix.SIGWINCH:
		b.mu.Lock()
		b.refresh()
		b.mu.Unlock()
		return
	case unix.SIGTSTP:
		b.wake(false)
		b.mode.give(true)
		stop()
		b.mode.give(false)
	case unix.SIGCONT:
		// Whoever had the terminal meanwhile may have changed it.
		b.mode.give(false)
		b.wake(false)
	}
	_, _ = unix.Write(b.mode.wake[1], []byte{0}) // a full pipe wakes as well
}

// stop does what SIGTSTP does to who does not handle it: the process stops, but for one
// in an orphaned process group. Go keeps its handler after signal.Reset (as of 1.26), so
// the default action is set by rt_sigaction(2) meanwhile. The signal goes to this very
// thread: we have been continued when the call returns.
func stop() {
	const setSize = 8            // bytes of a kernel sigset_t
	var byDefault, was [8]uint64 // more than a kernel sigaction has; zero is SIG_DFL
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	set := func(to, old *[8]uint64) bool {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGTSTP), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(old)), setSize, 0, 0)
		return errno == 0
	}
	if !set(&byDefault, &was) {
		return
	}
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGTSTP) // to oneself it cannot fail
	set(&was, nil)
}
