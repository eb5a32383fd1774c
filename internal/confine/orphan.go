package confine

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// WatchReader calls cancel when nobody waits for the calling process any more:
// the read end of the pipe that is its standard output is closed (POLLERR,
// poll(2)). It returns then, or when standard output is no pipe. To be started
// behind [Enter], not before.
func WatchReader(cancel context.CancelCauseFunc) {
	p := []unix.PollFd{{Fd: 1}}
	for {
		_, err := unix.Poll(p, -1)
		if err != nil && err != unix.EINTR || err == nil && p[0].Revents&unix.POLLNVAL != 0 {
			return
		}
		if p[0].Revents&unix.POLLERR != 0 {
			cancel(errors.New("who started this process has ended"))
			return
		}
	}
}
