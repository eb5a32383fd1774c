package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// setInput remembers what feeds a container's standard input, and closes what
// did so before; nil is for a run that is over.
func (r *Runtime) setInput(c *container, f *os.File) {
	r.mu.Lock()
	old := c.input
	c.input = f
	r.mu.Unlock()
	if old != nil {
		old.Close()
	}
}

// Input is a duplicate of what feeds the container's standard input.
func (r *Runtime) Input(sc *supervisor.Container) (*os.File, error) {
	c := r.lookup(sc.Name)
	if c == nil {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.input == nil {
		return nil, nil
	}
	return duplicate(c.input)
}

func duplicate(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(wire.FD(f)), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("duplicate %s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// showTerminal moves what the terminal shows into stdout's pipe until its last
// user has gone. It does so with splice(2), so that a kill loses and repeats
// nothing: what the kernel has taken from the terminal is in the pipe.
func (r *Runtime) showTerminal(c *container, master *os.File) error {
	from, err := duplicate(master)
	if err != nil {
		return err
	}
	to, err := duplicate(r.output(c)[0])
	if err != nil {
		from.Close()
		return err
	}
	shown := make(chan struct{})
	c.shown = shown
	go func() {
		defer close(shown)
		defer to.Close()
		defer from.Close()
		if err := spliceAll(from, to); errors.Is(err, unix.EINVAL) {
			// No splice from terminals before Linux 5.11: through memory, where a
			// kill loses at most one buffer.
			_, _ = io.Copy(to, from) // ends with EIO, the terminal's end
		}
	}()
	return nil
}

// spliceSize is the most that one splice moves.
const spliceSize = 64 << 10

// spliceAll ends with an error: EIO when nobody has the terminal open any more,
// EINVAL when the kernel does not splice from terminals.
func spliceAll(from, to *os.File) error {
	in, out := wire.FD(from), wire.FD(to)
	poll := []unix.PollFd{{Fd: int32(in), Events: unix.POLLIN}}
	for {
		// The master does not block, and a splice of what blocks holds the pipe's lock.
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return err
		}
		n, err := unix.Splice(in, nil, out, nil, spliceSize, 0)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil:
			return err
		case n == 0:
			return io.EOF
		}
	}
}

// awaitTerminal waits until all that the run has shown on its terminal is on
// its way into the log. Its processes are gone, so the terminal has an end.
func (c *container) awaitTerminal(ctx context.Context) error {
	if c.shown == nil {
		return nil
	}
	select {
	case <-c.shown:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the terminal of container %s is still open", c.name)
	}
}
