package carry

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// lastWords is how long a connection may go on to deliver what a container sent
// before it ended.
const lastWords = 10 * time.Second

// Conn is a connected, non-blocking TCP socket in Go's poller: a [net.TCPConn]
// or an [os.File].
type Conn interface {
	syscall.Conn
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	Close() error
}

// Set is all that one stack carries by TCP.
type Set struct {
	slots chan struct{} // one for each connection that may be
	pipes *pipes

	calmLocal bool

	mu     sync.Mutex
	closed bool
	active map[*pair]struct{}
	counts map[string]*counter
}

// NewSet returns an empty set that is bounded by the process's descriptors.
func NewSet() *Set {
	return NewBounded(budget(openFiles()))
}

// NewBounded returns an empty set of at most so many connections and pipes.
func NewBounded(pairs, pipes int) *Set {
	return &Set{
		slots: make(chan struct{}, pairs), pipes: newPipes(pipes),
		active: map[*pair]struct{}{}, counts: map[string]*counter{},
	}
}

// Limit is the number of connections that may be carried at a time.
func (s *Set) Limit() int { return cap(s.slots) }

// Acquire waits for the right to carry one connection more, to be given back by
// [Set.Release]; false if ctx ended first. Call it before accept(2), so that the
// kernel's queue holds what is too much.
func (s *Set) Acquire(ctx context.Context) bool {
	select {
	case s.slots <- struct{}{}:
		return true
	default:
	}
	select {
	case s.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// Release gives back what [Set.Acquire] took.
func (s *Set) Release() { <-s.slots }

// counter is what one owner has moved.
type counter struct {
	in, out atomic.Uint64
	total   atomic.Uint64
	open    atomic.Int64
}

// Count is what an owner's connections have moved since this process began.
type Count struct {
	In, Out uint64 // bytes into and out of the container
	Total   uint64 // connections ever
	Open    int    // connections now
}

func (s *Set) counter(owner string) *counter {
	c := s.counts[owner]
	if c == nil {
		c = &counter{}
		s.counts[owner] = c
	}
	return c
}

// Count tells what an owner has moved.
func (s *Set) Count(owner string) Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts[owner]
	if c == nil {
		return Count{}
	}
	return Count{In: c.in.Load(), Out: c.out.Load(), Total: c.total.Load(), Open: int(c.open.Load())}
}

// Forget drops what was counted for an owner that is no more.
func (s *Set) Forget(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.counts, owner)
}

func (s *Set) add(p *pair) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.active[p] = struct{}{}
	p.count = s.counter(p.owner)
	p.count.total.Add(1)
	p.count.open.Add(1)
	return true
}

func (s *Set) remove(p *pair) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, p)
	p.count.open.Add(-1)
}

// Finish lets an owner's connections end: nothing more is read from outside, and
// what the container has sent is delivered for some seconds.
func (s *Set) Finish(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.active {
		if p.owner == owner {
			p.finish()
		}
	}
}

// Break resets an owner's connections.
func (s *Set) Break(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.active {
		if p.owner == owner {
			p.abort()
		}
	}
}

// Abort resets all connections and refuses new ones.
func (s *Set) Abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for p := range s.active {
		p.abort()
	}
	s.pipes.close()
}

// Taken is the number of slots that are taken: of the connections that are being
// carried, and of those that are not yet.
func (s *Set) Taken() int { return len(s.slots) }

// Active is the number of connections that are being carried.
func (s *Set) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.active)
}
