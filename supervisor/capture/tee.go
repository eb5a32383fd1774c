package capture

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Tee copies what a command writes into log, which it closes in the end, and keeps the
// last lines of it. Whoever the command leaves behind may go on writing.
func Tee(log *os.File) (Output, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil { // the command's end blocks, as os.Pipe's does not
		return Output{}, fmt.Errorf("pipe for the output of a hook: %w", err)
	}
	r, w := os.NewFile(uintptr(fds[0]), "output"), os.NewFile(uintptr(fds[1]), "output")
	end := make(chan struct{})
	tail := &shared{}
	go func() {
		defer r.Close()
		defer log.Close()
		defer close(end)
		_, _ = io.Copy(io.MultiWriter(tail, heedless{log}), r)
	}()
	return Output{File: w, Collect: func() string {
		w.Close()
		select {
		case <-end:
		case <-time.After(strayLimit): // what has come so far
		}
		return tail.text()
	}}, nil
}

// shared is a Tail that is looked at while it is written to.
type shared struct {
	mu   sync.Mutex
	tail Tail
}

// Write implements io.Writer.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tail.Write(p)
}

func (s *shared) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tail.String()
}

// heedless goes on when nobody takes what is written.
type heedless struct{ io.Writer }

// Write implements io.Writer.
func (h heedless) Write(p []byte) (int, error) {
	_, _ = h.Writer.Write(p)
	return len(p), nil
}
