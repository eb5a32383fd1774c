package harvest

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// Sizes of what waits to be hashed: one buffer is filled, the others are worked on.
const (
	sinkSize  = 256 << 10
	sinkCount = 4
)

// sink takes the tar: a goroutine hashes it and writes it to where it goes, while
// the next files are read.
type sink struct {
	out    io.Writer // nil: nowhere
	record layer.Recorder
	inFile bool

	cur  []byte
	full chan []byte
	free chan []byte
	done chan struct{}

	// The goroutine's until done is closed.
	sum  hash.Hash
	size int64
	err  error
}

func newSink(o Options) *sink {
	s := &sink{
		out: o.Out, record: o.Record, sum: sha256.New(),
		full: make(chan []byte, sinkCount), free: make(chan []byte, sinkCount), done: make(chan struct{}),
	}
	for range sinkCount - 1 {
		s.free <- make([]byte, 0, sinkSize)
	}
	s.cur = make([]byte, 0, sinkSize)
	go s.work()
	return s
}

func (s *sink) work() {
	defer close(s.done)
	for b := range s.full {
		if s.err == nil {
			s.sum.Write(b)
			s.size += int64(len(b))
			if s.out != nil {
				_, s.err = s.out.Write(b)
			}
		}
		s.free <- b[:0]
	}
}

// Write takes a part of the tar.
func (s *sink) Write(p []byte) (int, error) {
	if s.record != nil && !s.inFile {
		if err := s.record.Raw(p); err != nil {
			return 0, err
		}
	}
	n := len(p)
	for len(p) > 0 {
		m := min(len(p), sinkSize-len(s.cur))
		s.cur = append(s.cur, p[:m]...)
		p = p[m:]
		if len(s.cur) == sinkSize {
			s.full <- s.cur
			s.cur = <-s.free
		}
	}
	return n, nil
}

// file says that what is written until fileEnd is the content of a file.
func (s *sink) file(name string, size int64) error {
	s.inFile = true
	if s.record == nil {
		return nil
	}
	return s.record.File(name, size)
}

func (s *sink) fileEnd() { s.inFile = false }

// close waits for the rest. An error is that of who got the tar.
func (s *sink) close() (digest string, size int64, err error) {
	if len(s.cur) > 0 {
		s.full <- s.cur
	}
	close(s.full)
	<-s.done
	return hex.EncodeToString(s.sum.Sum(nil)), s.size, s.err
}
