package netstack

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// dialTimeout bounds the connection to a service. On a bridge the answer
	// takes microseconds; none comes only if the service has no endpoint left.
	dialTimeout = 10 * time.Second
	// lastWords is how long a connection may go on to deliver what a service
	// sent before it ended.
	lastWords = 10 * time.Second
	// filesPerRelay: two connections, and a pipe for splice(2) each way.
	filesPerRelay = 6
)

// relays holds the connections that are being carried.
type relays struct {
	slots chan struct{} // one for each that may be

	mu     sync.Mutex
	closed bool
	active map[*relay]string // owner
}

// relay carries one connection between a client of the host and a service.
// The bytes go by splice(2) and never through our memory.
type relay struct {
	client, service *net.TCPConn
}

// newRelays allows as many as three quarters of the descriptors are enough for.
func newRelays() *relays {
	n := uint64(1024)
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err == nil {
		n = min(max(l.Cur/4*3/filesPerRelay, 32), 16384)
	}
	return &relays{slots: make(chan struct{}, n), active: map[*relay]string{}}
}

// accept serves one listener until it is closed. When all slots are taken the
// kernel's queue holds new connections.
func (s *Stack) accept(ctx context.Context, l *net.TCPListener, to target) {
	for {
		select {
		case s.relays.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		c, err := l.AcceptTCP()
		if err == nil {
			s.wg.Go(func() {
				defer func() { <-s.relays.slots }()
				s.carry(ctx, c, to)
			})
			continue
		}
		<-s.relays.slots
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Out of descriptors or memory: others must end first.
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}

// carry connects a client to the service. If nobody listens there, the client
// sees a reset, the nearest to the refusal that it would have got. The end of
// ctx says that the port is published no more.
func (s *Stack) carry(ctx context.Context, client *net.TCPConn, to target) {
	service, err := s.worker.dialStream(to.ns, to.to, dialTimeout)
	if err != nil {
		reset(client)
		return
	}
	r := &relay{client, service}
	defer s.relays.remove(r)
	if !s.relays.add(r, to.id) || s.ctx.Err() != nil {
		r.abort()
		return
	}
	if ctx.Err() != nil {
		r.finish() // unpublished while we dialled: nobody else knew of this one
	}
	r.run()
}

// run carries both directions to their ends. An end of one is passed on as
// such (half-close); a broken side breaks the other.
func (r *relay) run() {
	var wg sync.WaitGroup
	wg.Go(func() { r.half(r.client, r.service) })
	r.half(r.service, r.client)
	wg.Wait()
	r.client.Close()
	r.service.Close()
}

func (r *relay) half(dst, src *net.TCPConn) {
	_, err := io.Copy(dst, src)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		err = dst.CloseWrite()
	}
	if err != nil {
		r.abort()
	}
}

func (r *relay) abort() {
	reset(r.client)
	reset(r.service)
}

// finish ends the client's side: no service is left to listen to it.
func (r *relay) finish() {
	now := time.Now()
	_ = r.client.SetReadDeadline(now) // fails only on a closed connection, which is the aim
	_ = r.client.SetWriteDeadline(now.Add(lastWords))
	_ = r.service.SetReadDeadline(now.Add(lastWords))
}

// reset closes a connection so that the other side gets an error, not an end.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0) // fails only on a closed connection
	c.Close()
}

func (rs *relays) add(r *relay, owner string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if !rs.closed {
		rs.active[r] = owner
	}
	return !rs.closed
}

func (rs *relays) remove(r *relay) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.active, r)
}

// finish lets the connections of a container end.
func (rs *relays) finish(owner string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for r, o := range rs.active {
		if o == owner {
			r.finish()
		}
	}
}

// abort breaks all connections and refuses new ones.
func (rs *relays) abort() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.closed = true
	for r := range rs.active {
		r.abort()
	}
}
