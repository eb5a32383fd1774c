package carry

import (
	"sync"

	"golang.org/x/sys/unix"
)

// spare is how many empty pipes are kept for the next burst.
const spare = 32

// pipe is an empty pipe, or one that a direction is using.
type pipe struct{ r, w int }

func (p *pipe) close() {
	_ = unix.Close(p.r) // nothing is lost by an error here
	_ = unix.Close(p.w)
}

// pipes is a bounded pool of pipes.
type pipes struct {
	mu     sync.Mutex
	free   []*pipe
	made   int // in use or free
	max    int
	closed bool
}

func newPipes(most int) *pipes { return &pipes{max: most} }

// get returns an empty pipe, or nil: then bytes must be copied.
func (ps *pipes) get() *pipe {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if n := len(ps.free); n > 0 {
		p := ps.free[n-1]
		ps.free = ps.free[:n-1]
		return p
	}
	if ps.made >= ps.max || ps.closed {
		return nil
	}
	var fd [2]int
	// Fails when descriptors or the user's pages for pipes are used up (pipe(7)).
	if err := unix.Pipe2(fd[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil
	}
	ps.made++
	return &pipe{fd[0], fd[1]}
}

// put takes a pipe back. One that is not empty has no further use.
func (ps *pipes) put(p *pipe, empty bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if empty && len(ps.free) < spare && !ps.closed {
		ps.free = append(ps.free, p)
		return
	}
	ps.made--
	p.close()
}

// close closes the free pipes; those in use are closed when they come back.
func (ps *pipes) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = true
	for _, p := range ps.free {
		ps.made--
		p.close()
	}
	ps.free = nil
}
