package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/parallelgzip"
)

// squeezed is a layer, compressed while it is read.
type squeezed struct {
	pipe *io.PipeReader
	done chan struct{}

	mu    sync.Mutex // a transport may read on after it has answered
	hash  hash.Hash
	size  int64
	ended bool
	err   error // of what is compressed
}

// squeeze compresses tar; progress gets how much of it was read.
func squeeze(tar io.Reader, progress func(int64)) *squeezed {
	r, w := io.Pipe()
	s := &squeezed{pipe: r, done: make(chan struct{}), hash: sha256.New()}
	go func() {
		defer close(s.done)
		zip := parallelgzip.NewWriter(w)
		_, err := io.CopyBuffer(struct{ io.Writer }{zip}, &counted{in: tar, failed: s.fail, progress: progress}, make([]byte, 256<<10))
		if cerr := zip.Close(); err == nil {
			err = cerr
		}
		w.CloseWithError(err) // nil is io.EOF
	}()
	return s
}

// counted tells errors of reading from those of writing.
type counted struct {
	in       io.Reader
	failed   func(error)
	progress func(int64)
	n        int64
	last     time.Time
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	if now := time.Now(); now.Sub(c.last) >= tellEvery {
		c.last = now
		c.progress(c.n)
	}
	if err != nil && err != io.EOF {
		c.failed(err)
	}
	return n, err
}

func (s *squeezed) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// source is the error of what is compressed.
func (s *squeezed) source() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Read is the transport's. What was read to its end is not there a second time:
// a request that is sent again, with a new token, must not have an empty body.
func (s *squeezed) Read(p []byte) (int, error) {
	if s.whole() {
		return 0, fmt.Errorf("the request was sent again: %w", io.ErrUnexpectedEOF)
	}
	n, err := s.pipe.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.hash.Write(p[:n]) // a hash takes all
	s.size += int64(n)
	s.ended = err == io.EOF
	return n, err
}

func (s *squeezed) whole() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// stop ends the compression, and waits for it.
func (s *squeezed) stop() {
	s.pipe.Close()
	<-s.done
}

// sum is the digest and the size of all that was read; an error if that was not
// all there is.
func (s *squeezed) sum() (digest string, size int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		return "", 0, fmt.Errorf("the registry did not read all: %w", io.ErrUnexpectedEOF)
	}
	return "sha256:" + hex.EncodeToString(s.hash.Sum(nil)), s.size, nil
}
