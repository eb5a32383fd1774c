package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
)

// OpenTar is the tar of a layer as it was, byte for byte: its digest is the
// layer's diff id, which a process in the user namespace compares while it puts
// it together. What comes ends with an error of Read if it cannot be had or
// differs; until then nothing of it should be believed. Close ends the process.
// The layer must be an image's, or kept by a session.
func (s *Store) OpenTar(ctx context.Context, key string) (io.ReadCloser, error) {
	if !layerstore.IsKey(key) {
		return nil, fmt.Errorf("layer %q: not the key of one", key)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &tarReader{r: r, cancel: cancel, end: make(chan error, 1)}
	go func() {
		err := s.Run(ctx, s.Request(OpTar, func(q *Request) { q.Key = key }), w, func(*Message) {})
		t.end <- errors.Join(err, w.Close())
	}()
	return t, nil
}

type tarReader struct {
	r      *os.File
	cancel context.CancelFunc
	end    chan error
	err    error
}

// Read passes the end on only when the process has said that all was right.
func (t *tarReader) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.r.Read(p)
	if err != io.EOF {
		return n, err
	}
	if t.err = <-t.end; t.err == nil {
		t.err = io.EOF
	}
	t.end <- nil
	return n, t.err
}

// Close waits for the process.
func (t *tarReader) Close() error {
	err := t.r.Close() // its next write fails
	t.cancel()
	<-t.end
	return err
}
