package logs

import (
	"bytes"
	"fmt"
)

// backward walks a stream's lines from some position to its beginning.
type backward struct {
	s     *streamReader
	end   uint64 // behind the next line to be visited
	begin uint64 // of that line
	buf   []byte
	at    uint64 // position of buf

	in   *segmentReader // of the last seq
	slot int            // of the last seq
}

// segmentAt returns the segment that has the byte at pos.
func (s *streamReader) segmentAt(pos uint64) *segmentReader {
	for i := len(s.segments) - 1; i >= 0; i-- {
		if g := s.segments[i]; pos >= g.base && pos < g.end() {
			return g
		}
	}
	return nil
}

// lineStart returns where the line begins whose bytes end before end: behind
// the last line feed in front of the byte at end-1.
func (b *backward) lineStart(end uint64) (uint64, error) {
	first := b.s.begin()
	for pos := end - 1; pos > first; {
		g := b.s.segmentAt(pos - 1)
		if g == nil {
			return pos, nil // a gap: somebody removed a segment
		}
		if pos <= b.at || pos > b.at+uint64(len(b.buf)) {
			from := g.base
			if pos-from > readSize {
				from = pos - readSize
			}
			if cap(b.buf) < readSize {
				b.buf = make([]byte, readSize)
			}
			b.buf = b.buf[:pos-from]
			b.at = from
			if _, err := g.log.ReadAt(b.buf, int64(from-g.base)); err != nil {
				b.buf = b.buf[:0]
				return 0, fmt.Errorf("read log segment backwards: %w", err)
			}
		}
		if i := bytes.LastIndexByte(b.buf[:pos-b.at], '\n'); i >= 0 {
			return b.at + uint64(i) + 1, nil
		}
		pos = b.at
	}
	return first, nil
}

// next prepares the line that ends at b.end, false if there is none.
func (b *backward) next() (ok bool, err error) {
	if b.end <= b.s.begin() {
		return false, nil
	}
	b.begin, err = b.lineStart(b.end)
	return err == nil, err
}

// text is the line that next has prepared, at most holdMost of it; valid until next.
func (b *backward) text() ([]byte, error) {
	n := int(min(b.end-b.begin, holdMost))
	if b.begin >= b.at && b.begin+uint64(n) <= b.at+uint64(len(b.buf)) {
		return b.buf[b.begin-b.at:][:n], nil
	}
	line := make([]byte, n)
	for done := 0; done < n; {
		pos := b.begin + uint64(done)
		g := b.s.segmentAt(pos)
		if g == nil {
			return line[:done], nil
		}
		part := line[done:][:min(uint64(n-done), g.end()-pos)]
		if _, err := g.log.ReadAt(part, int64(pos-g.base)); err != nil {
			return nil, fmt.Errorf("read log segment backwards: %w", err)
		}
		done += len(part)
	}
	return line, nil
}

// seq is the sequence number of the line's last byte.
func (b *backward) seq() uint64 {
	g := b.s.segmentAt(b.end - 1)
	if g == nil {
		return 0
	}
	off := b.end - 1 - g.base
	if g != b.in {
		b.in, b.slot = g, g.index.find(off)
	}
	r, _ := g.index.at(b.slot)
	for b.slot > 0 && r.offset > off {
		b.slot--
		r, _ = g.index.at(b.slot)
	}
	return r.seq
}
