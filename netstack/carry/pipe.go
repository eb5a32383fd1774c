package carry

import (
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// spare is how many empty pipes are kept for the next burst: as many as are wide.
	spare = mostWide
	// wideSize is the size of the first pipes. A sender that writes little at a time
	// fills one of 16 pages with few bytes: two system calls for 55 KB instead of 800.
	// It is what a plain user may have (pipe(7), pipe-max-size).
	wideSize = 1 << 20
	// mostWide bounds them: they take a quarter of the pages that a user may have
	// before all new pipes of that user become tiny (pipe-user-pages-soft).
	mostWide = 16
)

// pipe is an empty pipe, or one that a direction is using.
type pipe struct {
	r, w int
	wide bool
}

func (p *pipe) close() {
	_ = unix.Close(p.r) // nothing is lost by an error here
	_ = unix.Close(p.w)
}

// pipes is a bounded pool of pipes.
type pipes struct {
	mu     sync.Mutex
	free   []*pipe
	made   int // in use or free
	wide   int // of these, so many are wide
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
	p := &pipe{r: fd[0], w: fd[1]}
	if ps.wide < mostWide {
		// Fails when the user's pages are used up: then it stays as it is.
		if n, err := unix.FcntlInt(uintptr(p.w), unix.F_SETPIPE_SZ, wideSize); err == nil && n >= wideSize {
			p.wide = true
			ps.wide++
		}
	}
	return p
}

// put takes a pipe back. One that is not empty has no further use.
func (ps *pipes) put(p *pipe, empty bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	switch {
	case !empty || len(ps.free) >= spare || ps.closed:
		ps.drop(p)
	case p.wide: // the next to be taken
		ps.free = append(ps.free, p)
	default:
		ps.free = slices.Insert(ps.free, 0, p)
	}
}

// drop closes a pipe. ps.mu is held.
func (ps *pipes) drop(p *pipe) {
	ps.made--
	if p.wide {
		ps.wide--
	}
	p.close()
}

// close closes the free pipes; those in use are closed when they come back.
func (ps *pipes) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = true
	for _, p := range ps.free {
		ps.drop(p)
	}
	ps.free = nil
}
