package commons

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long a time stamp may stand still while files change: more than
// a tick of the slowest kernel, by which it counts (inode(7)).
const settle = 20 * time.Millisecond

// Watch tells when the files of a network have changed. It asks when it is asked:
// a network on which nobody looks a name up costs nothing.
type Watch struct {
	dir  string
	read func() error

	mu   sync.Mutex // held while the files are read
	seen atomic.Pointer[stamp]
}

type stamp struct {
	inode     uint64
	sec, nsec int64
	settled   bool
}

// Watch calls read, from [Watch.Look], when the members of the network have changed
// since it last returned without an error.
func (r *Registry) Watch(network string, read func() error) *Watch {
	return &Watch{dir: r.membersDir(network), read: read}
}

// Look reads what has changed, if anything has, and returns when it was read. In
// the usual case it is one stat(2).
func (w *Watch) Look() error {
	if now := w.stamp(); w.current(now) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.stamp() // before reading: what changes meanwhile is read again
	if w.current(now) {
		return nil
	}
	if err := w.read(); err != nil && !os.IsNotExist(err) {
		return err
	}
	w.seen.Store(&now)
	return nil
}

// Forget has all read again by the next Look.
func (w *Watch) Forget() { w.seen.Store(nil) }

func (w *Watch) current(now stamp) bool {
	seen := w.seen.Load()
	return seen != nil && seen.settled && seen.inode == now.inode && seen.sec == now.sec && seen.nsec == now.nsec
}

func (w *Watch) stamp() (s stamp) {
	var st unix.Stat_t
	if unix.Stat(w.dir, &st) != nil {
		return stamp{settled: true} // nobody is there
	}
	age := time.Since(time.Unix(st.Mtim.Sec, st.Mtim.Nsec)) //nolint:unconvert // 32 bits on some
	return stamp{st.Ino, int64(st.Mtim.Sec), int64(st.Mtim.Nsec), age > settle || age < -settle}
}
