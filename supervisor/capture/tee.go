package capture

import (
	"fmt"
	"io"
	"os"
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
	end := make(chan string, 1)
	go func() {
		defer r.Close()
		defer log.Close()
		tail := &Tail{}
		_, _ = io.Copy(io.MultiWriter(tail, heedless{log}), r)
		end <- tail.String()
	}()
	return Output{File: w, Collect: func() string {
		w.Close()
		select {
		case text := <-end:
			return text
		case <-time.After(strayLimit):
			return ""
		}
	}}, nil
}

// heedless goes on when nobody takes what is written.
type heedless struct{ io.Writer }

// Write implements io.Writer.
func (h heedless) Write(p []byte) (int, error) {
	_, _ = h.Writer.Write(p)
	return len(p), nil
}
