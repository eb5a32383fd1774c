package logs

import (
	"math"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// source is a Source being printed. Only the printing goroutine touches it.
type source struct {
	Source
	query   Query
	streams []*streamReader
	started bool          // where to begin has been chosen
	begun   chan struct{} // closed then; nil: nobody asks

	dirty  bool // bytes may have come
	relist bool // files may have come
	gone   bool // the directory was removed

	finishing bool
	target    map[*streamReader]uint64 // where finishing ends, nil until looked at
	finished  []chan struct{}          // closed when all is printed

	ident  dirIdent
	resume map[string]uint64 // positions to go on at, by stream
}

// keeps reports that a time of arrival is in the wanted span.
func (s *source) keeps(wall int64) bool {
	since, until := s.span()
	return wall >= since && wall <= until
}

func (s *source) span() (since, until int64) {
	since, until = math.MinInt64, math.MaxInt64
	if !s.query.Since.IsZero() {
		since = s.query.Since.UnixNano()
	}
	if !s.query.Until.IsZero() {
		until = s.query.Until.UnixNano()
	}
	return since, until
}

// refresh looks at the present state of the files.
func (s *source) refresh(p *printer) error {
	have := map[string]files{}
	if s.relist && !s.gone { // what has the name now may be another directory
		s.relist = false
		var err error
		if have, err = listFiles(s.Dir); err != nil {
			return err
		}
	}
	for name := range have {
		if !slices.ContainsFunc(s.streams, func(t *streamReader) bool { return t.name == name }) {
			s.streams = append(s.streams, s.newStream(name, p))
		}
	}
	slices.SortFunc(s.streams, func(a, b *streamReader) int { return strings.Compare(a.name, b.name) })
	for _, t := range s.streams {
		if err := t.refresh(have[t.name].logs); err != nil {
			return err
		}
	}
	return s.start()
}

func (s *source) newStream(name string, p *printer) *streamReader {
	t := &streamReader{dir: s.Dir, name: name, hold: s.Hold}
	t.line.source, t.line.sink = s, p.out
	if name == "stderr" && !p.format.JSON {
		t.line.sink = p.err
	}
	return t
}

// start chooses where to begin: once for the streams that exist, and at the
// first byte for those that come later.
func (s *source) start() error {
	defer s.tellBegun()
	if len(s.streams) == 0 {
		// What comes first to a follower is new, however little it wants of the old.
		s.started = s.started || s.query.Follow && s.resume == nil
		return nil
	}
	if !s.started {
		s.started = true
		if s.resume != nil {
			for _, t := range s.streams {
				t.seek(t.clamp(s.resume[t.name]))
			}
		} else if err := s.choose(); err != nil {
			return err
		}
	}
	for _, t := range s.streams {
		if !t.started && len(t.segments) > 0 {
			t.seek(t.begin())
		}
	}
	return nil
}

func (s *source) tellBegun() {
	if s.begun != nil && s.started {
		close(s.begun)
		s.begun = nil
	}
}

// clamp makes a remembered position one that exists. A position before the
// beginning stays: what is missing is counted.
func (s *streamReader) clamp(pos uint64) uint64 {
	if pos > s.end() {
		return s.begin()
	}
	return pos
}

// pending reports that there are bytes to print.
func (s *source) pending() bool {
	for _, t := range s.streams {
		if _, ok := t.peek(); ok {
			return true
		}
	}
	return false
}

// aim notes the ends up to which a finishing source is printed.
func (s *source) aim() {
	if s.finishing && s.target == nil {
		s.target = map[*streamReader]uint64{}
		for _, t := range s.streams {
			s.target[t] = t.end()
		}
	}
}

// complete reports that a finishing source has reached its end.
func (s *source) complete() bool {
	if s.target == nil {
		return false
	}
	for t, end := range s.target {
		if _, ok := t.peek(); ok && t.pos < end {
			return false
		}
	}
	return true
}

func (s *source) close(p *printer) {
	for _, t := range s.streams {
		p.finish(t)
		t.close()
	}
	s.streams = nil
}

// dirIdent tells a directory from a later one of the same name: inode numbers
// are used again, with another time of birth.
type dirIdent struct {
	dev, ino  uint64
	sec, nsec int64
}

func identify(dir string) dirIdent {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, dir, 0, unix.STATX_INO|unix.STATX_BTIME, &st); err != nil {
		return dirIdent{}
	}
	return dirIdent{unix.Mkdev(st.Dev_major, st.Dev_minor), st.Ino, st.Btime.Sec, int64(st.Btime.Nsec)}
}

// missing reports that the directory does not exist.
func (s *source) missing() bool {
	_, err := os.Stat(s.Dir)
	return os.IsNotExist(err)
}
