package logs

import (
	"time"

	"golang.org/x/sys/unix"
)

// A service that writes line by line without a pause would wake the thread for
// every few lines: each wake-up costs more than the move, and a move holds the
// pipe's lock, for which the writer then waits. So a thread that finds little
// again and again, without having waited for it, lets something gather.
const (
	// restTime is the pause, and what it can add to the time until a line is
	// in its file. At 200 MB/s 30 KB gather meanwhile.
	restTime = 150 * time.Microsecond
	// soonTime: who waited longer than that in epoll is not busy.
	soonTime = 50 * time.Microsecond
	// restAfter rounds in a row must have been small and soon.
	restAfter = 8
)

// pace counts rounds of the moving thread.
type pace struct {
	streak int  // rounds that were small and soon
	some   bool // this round has moved something
	large  bool // this round has moved so much that a pause could fill a pipe
}

// moved notes what a move of this round took.
func (p *pace) moved(t *stream, n int) {
	p.some = p.some || n > 0
	p.large = p.large || n > t.small
}

// next ends a round that had waited so long for its first event.
func (p *pace) next(waited time.Duration) {
	if p.some && !p.large && waited < soonTime {
		p.streak++
	} else {
		p.streak = 0
	}
	p.some, p.large = false, false
}

// tired reports that it is time for a pause.
func (p *pace) tired() bool { return p.streak >= restAfter }

// rest pauses if it is time to; a command ends the pause.
func (m *Mover) rest() {
	if !m.pace.tired() {
		return
	}
	limit := unix.NsecToTimespec(int64(restTime))
	// An error (a signal) ends the pause early, which does no harm.
	_, _ = unix.Ppoll([]unix.PollFd{{Fd: int32(m.wake), Events: unix.POLLIN}}, &limit, nil)
}
