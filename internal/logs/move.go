package logs

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	chunkSize = 256 << 10 // the most that one move takes
	copySize  = 64 << 10  // the same when splice is refused

	// joinTime: bytes that follow each other in one stream, with nothing from
	// another between, share a record for this long. It keeps the index of a
	// service that writes line by line small; the order is not touched.
	joinTime = time.Millisecond
)

var errEnd = errors.New("no write end is left")

// moveChunk moves what is in the pipe, up to chunkSize, and returns how much
// that was: EAGAIN when the pipe is empty, errEnd when it will stay so.
//
// The record is stored before the bytes are moved. A kill in between leaves a
// record without bytes, which the next move reuses; bytes without a stamp, or
// in two places, cannot be: splice advances the pipe by what the file took.
func (m *Mover) moveChunk(t *stream) (int, error) {
	now := record{seq: m.seq + 1, wall: time.Now().UnixNano()}
	if t.log < 0 {
		if err := m.start(t, now); err != nil {
			return 0, err
		}
		now.seq = m.seq + 1
	}
	if t.full() {
		if t.waits() {
			return 0, errHeld
		}
		events, err := t.rotate(now)
		if err != nil {
			return 0, err
		}
		m.seq = now.seq
		m.report(events...)
	}
	if err := m.stamp(t, now); err != nil {
		return 0, err
	}
	limit := min(chunkSize, max(t.room(), 1))
	if m.options.NoSplice && !t.copying.Load() {
		if err := m.degrade(t, errors.New("switched off")); err != nil {
			return 0, err
		}
	}
	if t.copying.Load() {
		return m.copyChunk(t, limit)
	}
	off := int64(t.size)
	var n int64
	err := restart(func() (err error) {
		n, err = unix.Splice(t.pipe, nil, t.log, &off, int(limit), unix.SPLICE_F_NONBLOCK)
		return err
	})
	switch {
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS):
		if err := m.degrade(t, err); err != nil {
			return 0, err
		}
		return m.copyChunk(t, limit)
	case errors.Is(err, unix.EAGAIN):
		return 0, err
	case err != nil:
		return 0, fmt.Errorf("write log segment: %w", err)
	case n == 0:
		return 0, errEnd
	}
	t.size += uint64(n)
	return int(n), nil
}

// start makes the files of a stream that has its first byte, or opens those
// that could not be when it was added, because the disk was full.
func (m *Mover) start(t *stream, now record) error {
	if size, err := unix.FcntlInt(uintptr(t.pipe), unix.F_GETPIPE_SZ, 0); err == nil {
		t.small = size / 8
	}
	if !t.fresh {
		if err := m.adopt(t); err != nil || !t.fresh {
			return err
		}
		now.seq = m.seq + 1
	}
	// If this fails, the next try looks at what it has left.
	t.fresh, now.offset = false, 0
	if err := t.begin(1, 0, now); err != nil {
		return err
	}
	m.seq = now.seq
	return nil
}

// adopt goes on with the files that there are.
func (m *Mover) adopt(t *stream) error {
	streams, err := listFiles(t.Dir)
	if err != nil {
		return err
	}
	seq, err := lastOf(t.Dir, streams) // it need not lie below our root
	if err != nil {
		return err
	}
	m.seq = max(m.seq, seq)
	return t.adopt(streams[t.Name], m.seq)
}

// stamp stores the record for the bytes from t.size on.
func (m *Mover) stamp(t *stream, now record) error {
	now.offset = t.size
	i := t.index.n
	if i > 0 {
		age := now.wall - t.last.wall
		if t.last.seq == m.seq && age >= 0 && age < int64(joinTime) {
			return nil
		}
		if t.last.offset >= t.size {
			i-- // no bytes came under it
		}
	}
	if err := t.index.prepare(i); err != nil {
		return err
	}
	if err := t.index.store(i, now); err != nil {
		return err
	}
	t.last, m.seq = now, now.seq
	return nil
}

// degrade makes t a stream whose bytes are read and written.
func (m *Mover) degrade(t *stream, cause error) error {
	t.copying.Store(true)
	// A service can read its own pipe empty between poll and read.
	if err := unix.SetNonblock(t.pipe, true); err != nil {
		return fmt.Errorf("set the log pipe to non-blocking: %w", err)
	}
	m.report(Event{Kind: Degraded, Dir: t.Dir, Name: t.Name, Err: cause})
	return nil
}

// copyChunk moves through memory. What has been read stays in t.pending until
// the file has it.
func (m *Mover) copyChunk(t *stream, limit int64) (int, error) {
	if len(t.pending) == 0 {
		if m.buffer == nil {
			m.buffer = make([]byte, copySize)
		}
		var n int
		err := restart(func() (err error) {
			n, err = unix.Read(t.pipe, m.buffer[:min(limit, copySize)])
			return err
		})
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return 0, errEnd
		}
		t.pending = m.buffer[:n]
	}
	moved := 0
	for len(t.pending) > 0 {
		n, err := 0, error(nil)
		err = restart(func() error { n, err = unix.Pwrite(t.log, t.pending, int64(t.size)); return err })
		n = max(n, 0)
		t.size += uint64(n)
		moved += n
		t.pending = t.pending[n:]
		if err != nil {
			t.pending = append([]byte(nil), t.pending...) // others use the buffer meanwhile
			return moved, fmt.Errorf("write log segment: %w", err)
		}
	}
	return moved, nil
}
