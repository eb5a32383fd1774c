package cgroup

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// BusyError: less memory was wished for than is in use.
type BusyError struct {
	Group      string
	Want, Used uint64 // bytes
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("memory.max of %s cannot be lowered to %d bytes: %d are in use and cannot be given back; stop the container first, or give it more", e.Group, e.Want, e.Used)
}

// reclaimTime bounds how long memory is taken back before the wish is refused.
const reclaimTime = 2 * time.Second

// lowerMemory writes memory.max. The kernel would kill processes to come below it
// (cgroup-v2.rst, memory.max): so the memory is taken back first, by a memory.high
// that slows down who wants more, and by memory.reclaim (Linux 5.19).
func (g *Group) lowerMemory(value string) error {
	want := limitOf(value)
	high, err := readAt(g.dir, "memory.high")
	if err != nil {
		return err
	}
	used, err := g.memoryUsed()
	if err != nil {
		return err
	}
	if used >= want {
		if used, err = g.reclaim(want); err != nil || used > want {
			_ = writeAt(g.dir, "memory.high", high)
			if err == nil {
				err = &BusyError{Group: g.dir.Name(), Want: want, Used: used}
			}
			return err
		}
	}
	err = writeAt(g.dir, "memory.max", value)
	return errors.Join(err, writeAt(g.dir, "memory.high", high))
}

func (g *Group) memoryUsed() (uint64, error) {
	text, err := readAt(g.dir, "memory.current")
	return limitOf(text), err
}

// reclaim tries to bring the memory in use down to want, and returns what it is then.
func (g *Group) reclaim(want uint64) (used uint64, err error) {
	if err := writeAt(g.dir, "memory.high", strconv.FormatUint(want, 10)); err != nil {
		return 0, err
	}
	const step = 50 * time.Millisecond
	for until := time.Now().Add(reclaimTime); ; time.Sleep(step) {
		if used, err = g.memoryUsed(); err != nil || used <= want || time.Now().After(until) {
			return used, err
		}
		err := writeAt(g.dir, "memory.reclaim", strconv.FormatUint(used-want, 10))
		if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.ENOENT) {
			return used, err
		}
	}
}
