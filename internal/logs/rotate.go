package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// segmentFlags open a segment's files. Not O_APPEND, which splice(2) refuses;
// not O_EXCL, because a rotation that was cut short is repeated.
const segmentFlags = unix.O_RDWR | unix.O_CREAT | unix.O_NOFOLLOW | unix.O_CLOEXEC

func (t *stream) logPath(n int) string   { return t.Dir + "/" + logFile(t.Name, n) }
func (t *stream) indexPath(n int) string { return t.Dir + "/" + indexFile(t.Name, n) }

// openFile takes a path and gives a bare descriptor: package os would ask for
// its kind and offer it to the poller.
func openFile(path string, flags int) (fd int, err error) {
	err = restart(func() error { fd, err = unix.Open(path, flags, 0o600); return err })
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// full reports that the next bytes belong into a new segment.
func (t *stream) full() bool { return t.room() <= 0 }

// room is how many bytes the current segment still takes. Its index counts.
func (t *stream) room() int64 {
	return t.MaxSize - int64(t.size) - int64(t.index.n)*recordSize
}

// begin makes segment n and makes it the current one. first is stored as its
// first record, so that the highest sequence number survives the removal of
// the segment that has it. On error the stream is as it was.
func (t *stream) begin(n int, base uint64, first record) error {
	x, err := t.makeIndex(n)
	if err != nil {
		return fmt.Errorf("make log index: %w", err)
	}
	if err := x.fill(base, first); err != nil {
		return errors.Join(err, x.close())
	}
	flags := segmentFlags
	if t.log < 0 {
		flags |= unix.O_EXCL // there was none: one of another hand is to be looked at first
	}
	log, err := openFile(t.logPath(n), flags)
	if err != nil {
		return errors.Join(fmt.Errorf("make log segment: %w", err), x.close())
	}
	if t.index != nil {
		// What its index has allocated and not used stays: cutting it off can
		// wait for a journal commit, tens of milliseconds.
		t.old = append(t.old, t.number)
	}
	t.closeSegment()
	t.number, t.base, t.size, t.log, t.index, t.last = n, base, 0, log, x, first
	t.fresh = false
	return nil
}

// makeIndex makes an empty file, and its directory if there is none (yet, or
// any more because somebody removed it under us).
func (t *stream) makeIndex(n int) (*indexWriter, error) {
	path, flags := t.indexPath(n), segmentFlags|unix.O_TRUNC
	fd, err := openFile(path, flags)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeDir(t.Dir); err != nil {
			return nil, err
		}
		t.old = nil
		fd, err = openFile(path, flags)
	}
	return &indexWriter{fd: fd, path: path}, err
}

// makeDir first tries what most often is right.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(dir, 0o700)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// open continues segment n.
func (t *stream) open(n int) (err error) {
	if t.log, err = openFile(t.logPath(n), segmentFlags); err != nil {
		return fmt.Errorf("open log segment: %w", err)
	}
	var st unix.Stat_t
	if err := restart(func() error { return unix.Fstat(t.log, &st) }); err != nil {
		return fmt.Errorf("size of log segment %s: %w", t.logPath(n), err)
	}
	t.number, t.size = n, uint64(st.Size)
	fd, err := openFile(t.indexPath(n), segmentFlags)
	if err != nil {
		return fmt.Errorf("open log index: %w", err)
	}
	t.index = &indexWriter{fd: fd, path: t.indexPath(n)}
	f, err := os.Open(t.indexPath(n))
	if err != nil {
		return fmt.Errorf("read log index: %w", err)
	}
	defer f.Close()
	r := &indexReader{f: f}
	base, ok := r.base()
	if !ok { // somebody removed the index; the bytes are worth keeping without it
		base = t.end(n)
		if err := t.index.header(base); err != nil {
			return err
		}
	}
	t.base = base
	last, i := r.last()
	t.last, t.index.n = last, i+1
	return nil
}

// rotate begins the next segment and removes what is then too much.
func (t *stream) rotate(now record) ([]Event, error) {
	now.offset = 0
	if err := t.begin(t.number+1, t.base+t.size, now); err != nil {
		return nil, err
	}
	return t.prune(), nil
}

// prune keeps MaxFiles segments.
func (t *stream) prune() []Event {
	var events []Event
	for len(t.old) > 0 && len(t.old)+1 > t.MaxFiles && !t.heldOldest() {
		events = append(events, t.removeOldest(Rotated))
	}
	return events
}

// droppable reports that there is a segment to give up for space. Before the
// current one is open, the newest is kept: it tells where the stream goes on.
func (t *stream) droppable() bool {
	if t.log < 0 && len(t.old) < 2 {
		return false
	}
	return len(t.old) > 0 && !t.heldOldest()
}

// removeOldest removes the oldest of the older segments: the log first, so
// that an index without a log is known to be rubbish.
func (t *stream) removeOldest(why EventKind) Event {
	n := t.old[0]
	t.old = t.old[1:]
	e := Event{Kind: why, Dir: t.Dir, Name: t.Name}
	for i, path := range []string{t.logPath(n), t.indexPath(n)} {
		fd, size := holdFile(path)
		if i == 0 {
			e.Bytes = size
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			e.Err = err
		}
		t.space.release(fd)
	}
	return e
}
