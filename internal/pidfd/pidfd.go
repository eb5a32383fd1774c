package pidfd

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// FD refers to one process. Its methods may be called at the same time.
type FD struct{ f *os.File }

// Open refers to the process with that pid. It fails with an error that wraps
// os.ErrProcessDone if there is none.
func Open(pid int) (*FD, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil, fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	if err != nil {
		return nil, fmt.Errorf("pidfd_open of process %d: %w (needs Linux 5.3)", pid, err)
	}
	return New(fd)
}

// New takes over an open pidfd, for example from SysProcAttr.PidFD or from a
// message; it is closed also when New fails.
func New(fd int) (*FD, error) {
	// PIDFD_NONBLOCK exists since 5.10 only; the flag can be set on any file.
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("set pidfd %d non-blocking: %w", fd, err)
	}
	unix.CloseOnExec(fd)
	return &FD{os.NewFile(uintptr(fd), "pidfd")}, nil
}

// Close gives the descriptor back; the process is not touched.
func (p *FD) Close() error { return p.f.Close() }

// File is the descriptor, to be passed on in a message. It stays the FD's.
func (p *FD) File() *os.File { return p.f }

// Signal sends a signal (pidfd_send_signal(2), Linux 5.1). The error wraps
// os.ErrProcessDone when the process has ended and was reaped.
func (p *FD) Signal(sig syscall.Signal) error {
	err := p.do(func(fd int) error { return unix.PidfdSendSignal(fd, sig, nil, 0) })
	if errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("signal %s: %w", unix.SignalName(sig), os.ErrProcessDone)
	}
	if err != nil {
		return fmt.Errorf("signal %s: %w", unix.SignalName(sig), err)
	}
	return nil
}

// Exited reports that the process has ended, reaped or not.
func (p *FD) Exited() (bool, error) {
	var ended bool
	err := p.do(func(fd int) (err error) {
		ended, err = readable(fd)
		return err
	})
	return ended, err
}

// do calls f with the descriptor, which stays open meanwhile.
func (p *FD) do(f func(fd int) error) error {
	c, err := p.f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := c.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// readable asks without waiting.
func readable(fd int) (bool, error) {
	for {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(p, 0)
		if err == unix.EINTR {
			continue
		}
		return n == 1 && p[0].Revents&unix.POLLIN != 0, err
	}
}
