// Package capture keeps the beginning, or the end, of what a command says: it may
// say much, and must neither block nor fill our memory.
package capture

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// strayLimit is how long, after a probe, somebody that it left behind may hold
// its output open.
const strayLimit = 100 * time.Millisecond

// Output collects what one command says.
type Output struct {
	File    *os.File      // for the command to write to
	Collect func() string // called once, after the command; it closes File
}

// Pipe keeps the first policy.OutputLimit bytes and swallows the rest.
func Pipe() (Output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return Output{}, fmt.Errorf("pipe for the output of a probe: %w", err)
	}
	kept := make(chan string, 1)
	go func() {
		defer r.Close()
		head, _ := io.ReadAll(io.LimitReader(r, policy.OutputLimit))
		_, _ = io.Copy(io.Discard, r)
		kept <- string(head)
	}()
	return Output{File: w, Collect: func() string {
		w.Close()
		// EOF comes at once, unless a child of the command lives on.
		_ = r.SetReadDeadline(time.Now().Add(strayLimit))
		return <-kept
	}}, nil
}
