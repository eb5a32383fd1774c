package usage

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock translates instants of this process to those of CLOCK_MONOTONIC, which mean
// the same to all: Go reads that clock, but counts from its own start. To read it once
// more for each container would be a system call each where there is no vDSO.
type clock struct {
	began time.Time
	zero  time.Duration
}

func newClock() clock { return clock{time.Now(), monotonic()} }

func (c clock) at(t time.Time) time.Duration { return c.zero + t.Sub(c.began) }

// monotonic is the machine's clock that nobody sets.
func monotonic() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // fails only for a bad address
	return time.Duration(t.Nano())
}
