package tty

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// copier prints what comes out of a terminal's master.
//
// The end of a command is no end of its terminal: a process that it left
// behind may hold the other side open. So finish asks the copier to print what
// is there and stop. Poll makes that exact: it delivers what the other side
// has written and the kernel has not moved yet (n_tty_poll flushes the buffer).
type copier struct {
	from, stop *os.File // stop: readable when it is time
	asked      *os.File
	once       sync.Once
	done       chan struct{}
}

func startCopier(from *os.File, to io.Writer) (*copier, error) {
	stop, asked, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe for the terminal: %w", err)
	}
	c := &copier{from: from, stop: stop, asked: asked, done: make(chan struct{})}
	go c.run(to)
	return c, nil
}

// finish prints what is left, and returns when that is done.
func (c *copier) finish() {
	c.once.Do(func() { c.asked.Close() })
	<-c.done
}

func (c *copier) run(to io.Writer) {
	defer close(c.done)
	defer c.stop.Close()
	fds := []unix.PollFd{{Fd: int32(c.from.Fd()), Events: unix.POLLIN}, {Fd: int32(c.stop.Fd()), Events: unix.POLLIN}}
	buf := make([]byte, 32<<10)
	for {
		if _, err := unix.Poll(fds, -1); err != nil {
			if errors.Is(err, unix.EINTR) {
				continue
			}
			return
		}
		if fds[0].Revents == 0 { // then stop is what woke us
			return
		}
		// The last close of the other side reads as EIO: the end.
		n, err := unix.Read(int(fds[0].Fd), buf)
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
			continue
		}
		if err != unix.EAGAIN && err != unix.EINTR {
			return
		}
	}
}
