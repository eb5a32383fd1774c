package terminal

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Show moves what the terminal shows into a pipe until its last user has gone; then
// the channel is closed. It does so with splice(2), so that a kill loses and repeats
// nothing: what the kernel has taken from the terminal is in the pipe. Both files stay
// the caller's.
func Show(master, pipe *os.File) (<-chan struct{}, error) {
	from, err := wire.Duplicate(master)
	if err != nil {
		return nil, err
	}
	to, err := wire.Duplicate(pipe)
	if err != nil {
		from.Close()
		return nil, err
	}
	shown := make(chan struct{})
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
	return shown, nil
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
