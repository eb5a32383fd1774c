package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// segmentFlags open a segment's files. Not O_APPEND, which splice(2) refuses;
// not O_EXCL, because a rotation that was cut short is repeated.
const segmentFlags = os.O_RDWR | os.O_CREATE

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
	idx, err := t.root.OpenFile(indexFile(t.Name, n), segmentFlags|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make log index: %w", err)
	}
	x := &indexWriter{file: idx}
	if err := t.fill(x, base, first); err != nil {
		return errors.Join(err, x.close())
	}
	log, err := t.root.OpenFile(logFile(t.Name, n), segmentFlags, 0o600)
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
	return nil
}

func (t *stream) fill(x *indexWriter, base uint64, first record) error {
	if err := x.header(base); err != nil {
		return err
	}
	if err := x.prepare(0); err != nil {
		return err
	}
	if first.seq == 0 {
		return nil
	}
	return x.store(0, first)
}

// open continues segment n.
func (t *stream) open(n int) error {
	log, err := t.root.OpenFile(logFile(t.Name, n), segmentFlags, 0o600)
	if err != nil {
		return fmt.Errorf("open log segment: %w", err)
	}
	t.number, t.log = n, log
	st, err := log.Stat()
	if err != nil {
		return fmt.Errorf("size of log segment: %w", err)
	}
	t.size = uint64(st.Size())
	idx, err := t.root.OpenFile(indexFile(t.Name, n), segmentFlags, 0o600)
	if err != nil {
		return fmt.Errorf("open log index: %w", err)
	}
	t.index = &indexWriter{file: idx}
	r := &indexReader{f: idx}
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
	err := t.begin(t.number+1, t.base+t.size, now)
	if errors.Is(err, fs.ErrNotExist) {
		if err = t.remake(); err == nil {
			err = t.begin(t.number+1, t.base+t.size, now)
		}
	}
	if err != nil {
		return nil, err
	}
	return t.prune(), nil
}

// remake makes the directory again that somebody removed under us.
func (t *stream) remake() error {
	if err := os.MkdirAll(t.Dir, 0o700); err != nil {
		return fmt.Errorf("make log directory: %w", err)
	}
	root, err := os.OpenRoot(t.Dir)
	if err != nil {
		return fmt.Errorf("open log directory: %w", err)
	}
	_ = t.root.Close() // a directory: nothing to lose
	t.root, t.old = root, nil
	return nil
}

// prune keeps MaxFiles segments.
func (t *stream) prune() []Event {
	var events []Event
	for len(t.old) > 0 && len(t.old)+1 > t.MaxFiles {
		events = append(events, t.removeOldest(Rotated))
	}
	return events
}

// droppable reports that there is a segment to give up for space. Before the
// current one is open, the newest is kept: it tells where the stream goes on.
func (t *stream) droppable() bool {
	if t.log == nil {
		return len(t.old) > 1
	}
	return len(t.old) > 0
}

// removeOldest removes the oldest of the older segments: the log first, so
// that an index without a log is known to be rubbish.
func (t *stream) removeOldest(why EventKind) Event {
	n := t.old[0]
	t.old = t.old[1:]
	e := Event{Kind: why, Dir: t.Dir, Name: t.Name}
	if st, err := t.root.Stat(logFile(t.Name, n)); err == nil {
		e.Bytes = uint64(st.Size())
	}
	for _, f := range []string{logFile(t.Name, n), indexFile(t.Name, n)} {
		if err := t.root.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			e.Err = err
		}
	}
	return e
}
