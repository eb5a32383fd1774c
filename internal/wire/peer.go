package wire

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// soPeerPidfd is SO_PEERPIDFD (socket(7), Linux 6.5).
const soPeerPidfd = 77

// PeerPidfd opens a pidfd of the process at the other end (of the one that
// listens, on the dialling side).
func (c *Conn) PeerPidfd() (*os.File, error) {
	raw, err := c.uc.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	var gerr error
	if err := raw.Control(func(s uintptr) {
		fd, gerr = unix.GetsockoptInt(int(s), unix.SOL_SOCKET, soPeerPidfd)
	}); err != nil {
		return nil, err
	}
	if errors.Is(gerr, unix.ENOPROTOOPT) {
		return c.openPeer()
	}
	if gerr != nil {
		return nil, fmt.Errorf("pidfd of the peer: %w", gerr)
	}
	_ = unix.SetNonblock(fd, true)
	return os.NewFile(uintptr(fd), "pidfd"), nil
}

// openPeer is for kernels before 6.5. The pid could be another process's by the
// time we open it; but then the peer has ended, and the connection with it.
func (c *Conn) openPeer() (*os.File, error) {
	pid, err := c.PeerPID()
	if err != nil {
		return nil, err
	}
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("pidfd of the peer: %w", err)
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	raw, err := c.uc.SyscallConn()
	if err != nil {
		f.Close()
		return nil, err
	}
	gone := false
	_ = raw.Control(func(s uintptr) {
		p := []unix.PollFd{{Fd: int32(s), Events: unix.POLLRDHUP}}
		n, _ := unix.Poll(p, 0)
		gone = n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
	})
	if gone {
		f.Close()
		return nil, fmt.Errorf("pidfd of the peer: %w", unix.ESRCH)
	}
	return f, nil
}
