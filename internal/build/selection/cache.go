package selection

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// coarse is by how much a file must be older than the moment when it was read, so
// that a change in between would have shown in its times: the kernel stamps
// files with the time of its last tick, 10 ms at most (ktime_get_coarse_real_ts64).
// File systems that keep whole seconds, as vfat does (two of them), need more.
const (
	coarse        = 30 * time.Millisecond
	coarseSeconds = 3 * time.Second
)

// maxForeign is how many records of files that a build did not look at are kept.
const maxForeign = 100_000

// record is what was read of a file when it had these properties.
type record struct {
	dev, ino uint64
	seen     build.Seen
	sum      sum
	used     bool
}

// Cache has the digests of files that have not changed. It may be used from
// several goroutines; nil is one that knows nothing.
type Cache struct {
	path string

	mu      sync.Mutex
	records map[string]*record
	dirty   bool
}

func (c *Cache) get(e *found) (s sum, ok bool) {
	if c == nil {
		return s, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.records[e.Path]
	if r == nil || r.dev != e.dev || r.ino != e.ino || r.seen != e.Seen {
		return s, false
	}
	r.used = true
	return r.sum, true
}

// put notes a file that began to be read at a moment.
func (c *Cache) put(e *found, s sum, began time.Time) {
	if c == nil || !old(&e.Seen, began) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records[e.Path] = &record{e.dev, e.ino, e.Seen, s, true}
	c.dirty = true
}

// old reports that a change after began would show.
func old(s *build.Seen, began time.Time) bool {
	need := coarse
	if s.Ctime%int64(time.Second) == 0 {
		need = coarseSeconds
	}
	last := max(s.Mtime, s.Ctime)
	return last < began.Add(-need).UnixNano()
}

// now is the clock that files are stamped by, which the package time reads finer.
func now() time.Time {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &ts) != nil {
		return time.Now()
	}
	return time.Unix(ts.Unix())
}
