package supervisor

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

// captured collects the output of one command.
type captured struct {
	file    *os.File      // for the command to write to
	collect func() string // called once, after the command; it closes file
}

// capturePipe keeps the first policy.OutputLimit bytes and swallows the rest: a
// command that says much must neither block nor fill our memory.
func capturePipe() (captured, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return captured{}, fmt.Errorf("pipe for the output of a probe: %w", err)
	}
	kept := make(chan string, 1)
	go func() {
		defer r.Close()
		head, _ := io.ReadAll(io.LimitReader(r, policy.OutputLimit))
		_, _ = io.Copy(io.Discard, r)
		kept <- string(head)
	}()
	return captured{file: w, collect: func() string {
		w.Close()
		// EOF comes at once, unless a child of the command lives on.
		_ = r.SetReadDeadline(time.Now().Add(strayLimit))
		return <-kept
	}}, nil
}
