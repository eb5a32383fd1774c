package logs

import (
	"os"

	"golang.org/x/sys/unix"
)

// Losing. A stream whose writer is never to wait is emptied into /dev/null while the
// disk is full: splice(2) moves whole pipes at no cost. The next bytes are tried first
// again, so it ends by itself.

// lose throws away what is in the pipe. It is false when it cannot: then the stream
// blocks as any other.
func (m *Mover) lose(t *stream, why error) bool {
	null, err := m.nowhere()
	if err != nil {
		return false
	}
	first := t.lost == 0
	n := uint64(len(t.pending))
	t.pending = nil
	for {
		var got int64
		err := restart(func() (err error) {
			got, err = unix.Splice(t.pipe, nil, null, nil, chunkSize, unix.SPLICE_F_NONBLOCK)
			return err
		})
		if err != nil || got <= 0 {
			break
		}
		n += uint64(got)
	}
	t.lost += n
	t.moved += n
	m.satisfy(t, true)
	if first && n > 0 {
		m.report(Event{Kind: Losing, Dir: t.Dir, Name: t.Name, Err: why})
	}
	return true
}

// found tells that a stream is stored again, with what is missing.
func (m *Mover) found(t *stream) {
	if t.lost > 0 {
		m.report(Event{Kind: Lost, Dir: t.Dir, Name: t.Name, Bytes: t.lost})
		t.lost = 0
	}
}

// nowhere is a descriptor of /dev/null, open as long as the mover.
func (m *Mover) nowhere() (int, error) {
	if m.null == nil {
		f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			return -1, err
		}
		m.null = f
	}
	return int(m.null.Fd()), nil
}
