package menu

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// mode is the terminal's: ours, or as it was found.
type mode struct {
	in    *os.File
	saved unix.Termios // as found
	wake  [2]int       // a pipe that ends attend's waiting
	done  chan struct{}

	mu     sync.Mutex
	ours   bool
	leave  bool // we are about to stop
	closed bool
}

func newMode(in *os.File) (*mode, error) {
	m := &mode{in: in, done: make(chan struct{})}
	saved, err := termios(in, unix.TCGETS, nil)
	if err != nil {
		return nil, err
	}
	m.saved = *saved
	if err := unix.Pipe2(m.wake[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	return m, nil
}

// take makes keys come one by one, if we are in the foreground.
func (m *mode) take() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.leave || !foreground(m.in) {
		return false
	}
	t := m.saved
	t.Lflag &^= unix.ICANON | unix.ECHO
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	_, err := termios(m.in, unix.TCSETS, &t)
	m.ours = err == nil
	return m.ours
}

// give makes the terminal what it was; leave: until further notice.
func (m *mode) give(leave bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.giveLocked()
	m.leave = leave
}

func (m *mode) giveLocked() {
	if !m.ours {
		return
	}
	m.ours = false
	if foreground(m.in) { // else it is another's, who has set it
		_, _ = termios(m.in, unix.TCSETS, &m.saved) // fails only if the terminal is gone
	}
}

// close gives the terminal back for good.
func (m *mode) close() {
	m.mu.Lock()
	m.giveLocked()
	m.closed = true
	m.mu.Unlock()
	_, _ = unix.Write(m.wake[1], []byte{0}) // a full pipe wakes as well
	<-m.done
	_ = errors.Join(unix.Close(m.wake[0]), unix.Close(m.wake[1])) // pipes have nothing to say at their end
}

func (m *mode) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// termios gets or sets, not by File.Fd, which would make the file blocking.
func termios(f *os.File, request uint, set *unix.Termios) (got *unix.Termios, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	cerr := raw.Control(func(fd uintptr) {
		if set != nil {
			err = unix.IoctlSetTermios(int(fd), request, set)
		} else {
			got, err = unix.IoctlGetTermios(int(fd), request)
		}
	})
	return got, errors.Join(cerr, err)
}
