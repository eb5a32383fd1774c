package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// segmentReader is an open segment: it can be read to its end, also after
// rotation has removed its name.
type segmentReader struct {
	number int
	base   uint64 // bytes of the stream before it
	size   uint64 // when last looked at
	log    *os.File
	index  indexReader
}

// openSegment opens segment n of a stream. after is where the stream ends as
// far as is known, for a segment whose index is gone. nil, nil: rotation was
// faster.
func openSegment(dir, stream string, n int, after uint64) (*segmentReader, error) {
	log, err := os.Open(filepath.Join(dir, logFile(stream, n)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open log segment: %w", err)
	}
	s := &segmentReader{number: n, base: after, log: log}
	index, err := os.Open(filepath.Join(dir, indexFile(stream, n)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Close()
		return nil, fmt.Errorf("open log index: %w", err)
	}
	if err == nil {
		s.index.f = index
		if base, ok := s.index.base(); ok {
			s.base = base
		}
	}
	return s, nil
}

// look notes the size, then forgets the records read ahead: in this order
// every byte below size has its record.
func (s *segmentReader) look() error {
	st, err := s.log.Stat()
	if err != nil {
		return fmt.Errorf("size of log segment: %w", err)
	}
	s.size = uint64(st.Size())
	s.index.forget()
	return nil
}

func (s *segmentReader) end() uint64 { return s.base + s.size }

func (s *segmentReader) close() {
	_ = s.log.Close() // read only
	if s.index.f != nil {
		_ = s.index.f.Close()
	}
}
