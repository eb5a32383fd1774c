package carry

import (
	"container/list"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// FlowSilence is how long a flow with traffic both ways may be quiet
	// (nf_conntrack_udp_timeout_stream).
	FlowSilence = 120 * time.Second
	// FlowUnanswered is the same without an answer (nf_conntrack_udp_timeout).
	FlowUnanswered = 30 * time.Second
	// MostFlows bounds one table, see [FlowLimit]: a flow costs about 10 KiB, kernel
	// included.
	MostFlows = 4096
	// largest is the most that a UDP datagram can hold (RFC 768, RFC 2675 aside).
	largest = 65535
)

var datagrams = sync.Pool{New: func() any { return new([largest]byte) }}

// FlowConn is a connected, non-blocking UDP socket in Go's poller: a
// [net.UDPConn] or an [os.File].
type FlowConn interface {
	syscall.Conn
	SetReadDeadline(t time.Time) error
	Close() error
}

// Far is the far side of a new flow.
type Far struct {
	Owner string
	Conn  FlowConn
	// Reply gets each datagram that comes from Conn, in order. The bytes are
	// valid only during the call.
	Reply func([]byte)
	// Failed, if not nil, gets what the kernel reports about Conn, such as
	// ECONNREFUSED after an ICMP message. The flow goes on.
	Failed func(error)
	// Silence, if not 0, is how long the flow may be quiet at most.
	Silence time.Duration
	// FromOwner: what is sent comes from the owner and replies go to it. Only the
	// count depends on it.
	FromOwner bool
}

// Flows is a bounded table of UDP flows by key, what tells conversations apart.
type Flows[K comparable] struct {
	set *Set
	max int

	silence, unanswered time.Duration
	start               time.Time

	mu     sync.Mutex
	closed bool
	byKey  map[K]*Flow[K]
	owned  map[string]int // flows of each owner
	byUse  list.List      // of *Flow[K], the one used last in front
	wg     sync.WaitGroup
}

// Flow is one conversation.
type Flow[K comparable] struct {
	table    *Flows[K]
	key      K
	far      Far
	raw      syscall.RawConn
	place    *list.Element
	placed   int64 // time of its last datagram when it got its place
	sent     *atomic.Uint64
	received *atomic.Uint64
	last     atomic.Int64 // time of the last datagram, since table.start
	answered atomic.Bool
}

// NewFlows returns a table of at most limit flows, which are counted in s.
func NewFlows[K comparable](s *Set, limit int) *Flows[K] {
	return &Flows[K]{
		set: s, max: limit, silence: FlowSilence, unanswered: FlowUnanswered, start: time.Now(),
		byKey: map[K]*Flow[K]{}, owned: map[string]int{},
	}
}

// Get returns the flow of key, and makes it with open if there is none. At the
// limit, or without a free descriptor, the flow that was used longest ago ends, but an
// owner that has more than half of all ends one of its own. nil without an error says that the table is closed.
// Calls for the same table are made one after the other while open runs, which must
// not wait.
func (t *Flows[K]) Get(key K, open func() (Far, error)) (*Flow[K], error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.byKey[key]; f != nil {
		t.byUse.MoveToFront(f.place)
		return f, nil
	}
	if t.closed {
		return nil, nil //nolint:nilnil // see above
	}
	far, err := open()
	if len(t.byKey) > 0 && (errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)) {
		// Those that are quiet hold descriptors, and would for half a minute.
		t.drop(t.victim(""))
		far, err = open()
	}
	if err != nil {
		return nil, err
	}
	raw, err := far.Conn.SyscallConn()
	if err != nil {
		far.Conn.Close()
		return nil, err
	}
	for len(t.byKey) >= t.max {
		t.drop(t.victim(far.Owner))
	}
	f := &Flow[K]{table: t, key: key, far: far, raw: raw}
	t.set.mu.Lock()
	c := t.set.counter(far.Owner)
	t.set.mu.Unlock()
	f.sent, f.received = &c.in, &c.out
	if far.FromOwner {
		f.sent, f.received = &c.out, &c.in
	}
	f.touch()
	f.place, f.placed = t.byUse.PushFront(f), f.last.Load()
	t.byKey[key] = f
	t.owned[far.Owner]++
	t.wg.Go(f.run)
	return f, nil
}

// victim is the flow that makes room for one of owner: the one that was used longest
// ago, of all, or, if owner has more than half of them, of its own. A flow with
// datagrams since it got its place gets a new one first. t.mu is held.
func (t *Flows[K]) victim(owner string) *Flow[K] {
	for e := t.byUse.Back(); e != nil; {
		f, next := e.Value.(*Flow[K]), e.Prev() //nolint:errcheck,forcetypeassert // the list has no others
		switch last := f.last.Load(); {
		case last > f.placed:
			f.placed = last
			t.byUse.MoveToFront(e)
		case 2*t.owned[owner] <= t.max || f.far.Owner == owner:
			return f
		}
		e = next
	}
	return t.byUse.Back().Value.(*Flow[K]) //nolint:errcheck,forcetypeassert // as above
}

// drop takes a flow out of the table and ends it. t.mu is held.
func (t *Flows[K]) drop(f *Flow[K]) {
	if t.byKey[f.key] == f {
		delete(t.byKey, f.key)
		t.byUse.Remove(f.place)
		if t.owned[f.far.Owner]--; t.owned[f.far.Owner] == 0 {
			delete(t.owned, f.far.Owner)
		}
	}
	f.far.Conn.Close()
}

// Finish ends the flows that match: those of a container that has stopped.
func (t *Flows[K]) Finish(match func(key K, owner string) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, f := range t.byKey {
		if match(k, f.far.Owner) {
			t.drop(f)
		}
	}
}

// Len is the number of flows.
func (t *Flows[K]) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byKey)
}

// Close ends all flows and waits for their goroutines. The caller holds no lock
// that Reply or Failed take.
func (t *Flows[K]) Close() {
	t.mu.Lock()
	t.closed = true
	for _, f := range t.byKey {
		t.drop(f)
	}
	t.mu.Unlock()
	t.wg.Wait()
}

func (f *Flow[K]) touch() { f.last.Store(int64(time.Since(f.table.start))) }

// Send sends one datagram to the far side. One that finds the socket full is
// dropped, as a network does. An error is what the kernel has learned about the
// far side (ECONNREFUSED), for which the datagram may not have been sent, or
// [os.ErrClosed] when the flow has ended.
func (f *Flow[K]) Send(b []byte) error {
	f.touch()
	var err error
	if e := f.raw.Control(func(fd uintptr) {
		err = sendNow(int(fd), b)
		if err == unix.ECONNREFUSED {
			// That was about an earlier one, and is said only once.
			if err = sendNow(int(fd), b); err == nil {
				err = unix.ECONNREFUSED
			}
		}
	}); e != nil {
		return os.ErrClosed // net and os call it by other names
	}
	if err == unix.EAGAIN || err == unix.ENOBUFS {
		return nil
	}
	if err == nil {
		f.sent.Add(uint64(len(b)))
	}
	return err
}

func sendNow(fd int, b []byte) error {
	for {
		err := unix.Send(fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if err != unix.EINTR {
			return err
		}
	}
}

// run hands over replies until the flow has been quiet for long enough or its
// socket is closed.
func (f *Flow[K]) run() {
	defer func() {
		f.table.mu.Lock()
		f.table.drop(f)
		f.table.mu.Unlock()
	}()
	for {
		left := f.left()
		if left <= 0 || f.far.Conn.SetReadDeadline(time.Now().Add(left)) != nil {
			return
		}
		err := f.raw.Read(f.receive)
		if err != nil && f.closed() {
			return
		}
	}
}

// left is how long the flow may stay quiet from now on.
func (f *Flow[K]) left() time.Duration {
	limit := f.table.unanswered
	if f.answered.Load() {
		limit = f.table.silence
	}
	if f.far.Silence > 0 {
		limit = min(limit, f.far.Silence)
	}
	return limit - (time.Since(f.table.start) - time.Duration(f.last.Load()))
}

func (f *Flow[K]) closed() bool {
	f.table.mu.Lock()
	defer f.table.mu.Unlock()
	return f.table.byKey[f.key] != f
}

// receive hands over all that is there and then says that nothing is. The buffer
// is held only meanwhile.
func (f *Flow[K]) receive(fd uintptr) bool {
	buf := datagrams.Get().(*[largest]byte) //nolint:errcheck,forcetypeassert // the pool has no others
	defer datagrams.Put(buf)
	for {
		n, err := unix.Read(int(fd), buf[:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false
		case err != nil:
			if f.far.Failed == nil {
				continue // the error is taken off the socket by being read
			}
			f.far.Failed(err)
		default:
			f.touch()
			f.answered.Store(true)
			f.received.Add(uint64(n))
			f.far.Reply(buf[:n])
		}
	}
}
