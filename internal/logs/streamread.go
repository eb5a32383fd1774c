package logs

import (
	"fmt"
	"io"
)

// readSize is what is read from a segment at once.
const readSize = 64 << 10

// chunk is what one record stamps.
type chunk struct {
	seq  uint64
	wall int64
	end  uint64 // position in the stream
}

// streamReader reads one stream in order. Positions count the bytes of the
// stream since its beginning, over all segments, removed ones included.
type streamReader struct {
	dir, name string
	hold      bool             // its segments are held against rotation
	segments  []*segmentReader // ascending; the first one has pos, unless pos is at its end
	pos       uint64
	skipped   uint64 // removed by rotation before we read them, since last told
	started   bool   // pos is chosen

	slot   int   // record of pos in segments[0]
	head   chunk // of pos, when ready
	ready  bool
	buf    []byte // bytes of segments[0] from bufPos on
	bufPos uint64
	store  []byte // buf's memory

	line lineState
}

// refresh opens new segments, whose numbers have been listed, and finds the
// present end. Every number up to the highest is tried: a directory that is
// read while files are made may show a newer one and not an older (readdir(3)).
func (s *streamReader) refresh(numbers []int) error {
	next, last := 1, 0
	if len(numbers) > 0 {
		next, last = numbers[0], numbers[len(numbers)-1]
	}
	if len(s.segments) > 0 {
		next = max(next, s.segments[len(s.segments)-1].number+1)
	}
	for n := next; n <= last; n++ {
		// The one before is final now: look once more.
		if err := s.look(); err != nil {
			return err
		}
		g, err := openSegment(s.dir, s.name, n, s.end())
		if err != nil {
			return err
		}
		if g != nil {
			if s.hold {
				hold(g.log)
			}
			s.segments = append(s.segments, g)
		}
	}
	return s.look()
}

func (s *streamReader) look() error {
	if len(s.segments) == 0 {
		return nil
	}
	s.ready = false
	return s.segments[len(s.segments)-1].look()
}

// newest is the last sequence number given in this stream.
func (s *streamReader) newest() uint64 {
	if len(s.segments) == 0 {
		return 0
	}
	r, _ := s.segments[len(s.segments)-1].index.last()
	return r.seq
}

// begin and end are the positions that can be read.
func (s *streamReader) begin() uint64 {
	if len(s.segments) == 0 {
		return 0
	}
	return s.segments[0].base
}

func (s *streamReader) end() uint64 {
	if len(s.segments) == 0 {
		return 0
	}
	return s.segments[len(s.segments)-1].end()
}

// peek returns the stamp of the next bytes, false if there are none now.
func (s *streamReader) peek() (chunk, bool) {
	if s.ready && s.pos < s.head.end {
		return s.head, true
	}
	s.advance()
	if len(s.segments) == 0 || s.pos >= s.segments[0].end() {
		return chunk{}, false
	}
	g := s.segments[0]
	off := s.pos - g.base
	if r, ok := g.index.at(s.slot); !ok || r.offset > off {
		s.slot = g.index.find(off)
	}
	r, ok := g.index.at(s.slot)
	next, more := g.index.at(s.slot + 1)
	for more && next.offset <= off {
		s.slot++
		r = next
		next, more = g.index.at(s.slot + 1)
	}
	c := chunk{end: g.end()}
	if ok && r.offset <= off {
		c.seq, c.wall = r.seq, r.wall
	} else if ok {
		more, next = true, r // bytes before the first record: a foreign hand
	}
	if more && next.offset < g.size {
		c.end = g.base + next.offset
	}
	s.head, s.ready = c, true
	return c, true
}

// advance leaves segments that have been read, and counts what is missing
// before the next one.
func (s *streamReader) advance() {
	for len(s.segments) > 1 && s.pos >= s.segments[0].end() {
		s.segments[0].close()
		s.segments = s.segments[1:]
		s.slot, s.ready, s.buf = 0, false, nil
	}
	if len(s.segments) > 0 && s.pos < s.segments[0].base {
		s.skipped += s.segments[0].base - s.pos
		s.pos = s.segments[0].base
		s.ready, s.buf = false, nil
	}
}

// read returns bytes of the chunk that peek returned, at most readSize, valid
// until the next call.
func (s *streamReader) read() ([]byte, error) {
	g := s.segments[0]
	if s.pos < s.bufPos || s.pos >= s.bufPos+uint64(len(s.buf)) {
		if s.store == nil {
			s.store = make([]byte, readSize)
		}
		n, err := g.log.ReadAt(s.store[:min(uint64(readSize), g.end()-s.pos)], int64(s.pos-g.base))
		if n == 0 && err == io.EOF {
			// Somebody cut the file: its bytes are gone.
			g.size = s.pos - g.base
			s.ready, s.buf = false, nil
			return nil, nil
		}
		if n == 0 {
			return nil, fmt.Errorf("read log segment: %w", err)
		}
		s.buf, s.bufPos = s.store[:n], s.pos
	}
	b := s.buf[s.pos-s.bufPos:]
	b = b[:min(uint64(len(b)), s.head.end-s.pos)]
	s.pos += uint64(len(b))
	return b, nil
}

// seek goes to a position that begin and end include.
func (s *streamReader) seek(pos uint64) {
	for len(s.segments) > 1 && pos >= s.segments[0].end() {
		s.segments[0].close()
		s.segments = s.segments[1:]
	}
	s.pos, s.slot, s.ready, s.buf, s.started = pos, 0, false, nil, true
}

func (s *streamReader) close() {
	for _, g := range s.segments {
		g.close()
	}
	s.segments = nil
}
