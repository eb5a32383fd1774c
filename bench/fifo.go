package main

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// fifo is a named pipe in a project's directory, into which a service writes a
// byte when it runs.
type fifo struct{ f *os.File }

// openFIFO makes and opens dir/fifo. Read and write: so it never is at its end,
// however many writers come and go (fifo(7)).
func openFIFO(dir string) (*fifo, error) {
	path := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(path, 0o666); err != nil && err != unix.EEXIST {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &fifo{f}, nil
}

// wait waits for n bytes.
func (q *fifo) wait(n int) error {
	if err := q.f.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	_, err := io.ReadFull(q.f, make([]byte, n))
	return err
}

func (q *fifo) Close() error { return q.f.Close() }
