package logs

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Holding. A reader that must miss nothing, such as that of `run`, has a shared
// lock (flock(2)) on each segment that it has open, oldest included. Rotation
// leaves a locked segment where it is, up to a bound; then the stream waits, its
// pipe fills, and the writer waits too. So a slow reader slows its container
// down, as a pipe would, instead of losing bytes; and a reader that dies, however
// it dies, holds nothing up. Before there is a segment to open, a lock on the
// directory holds all of them.

const (
	// holdSpace is what held segments may take beyond what the stream may keep,
	// in bytes: small limits would make a reader a brake.
	holdSpace = 16 << 20

	// heldRetry is how often a stream is tried again that waits for a reader:
	// the end of a lock is no event for who did not ask for it.
	heldRetry = 5 * time.Millisecond
)

// errHeld: the next segment must wait for a reader of the oldest one.
var errHeld = errors.New("a reader holds the oldest segment")

// HoldAll keeps rotation from every segment of the logs in dir, those to come
// included, until the file and all its duplicates are closed. The directory is
// made if it is not there.
func HoldAll(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if err == nil {
		hold(f)
	}
	return f, err
}

// hold locks a segment against rotation. Where the file system has no locks, it
// is not held, and a reader that is overtaken says so.
func hold(segment *os.File) {
	_ = restart(func() error { return unix.Flock(int(segment.Fd()), unix.LOCK_SH) })
}

// waits reports that a rotation would make too many segments, the oldest of
// which is held.
func (t *stream) waits() bool {
	if t.NonBlocking {
		return false
	}
	allowed := t.MaxFiles + int(max(1, holdSpace/t.MaxSize))
	return len(t.old)+2 > allowed && t.heldOldest()
}

// heldOldest reports that somebody reads the oldest segment and must not lose it.
func (t *stream) heldOldest() bool {
	if len(t.old) == 0 || t.NonBlocking {
		return false
	}
	return held(t.logPath(t.old[0])) || held(t.Dir)
}

func held(path string) bool {
	fd, err := openFile(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	err = restart(func() error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	return errors.Is(err, unix.EWOULDBLOCK)
}
