package carry

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pair is one connection that is carried: the client's and the server's socket.
type pair struct {
	owner           string
	outside, inside Conn
	count           *counter
	ended           atomic.Int32 // directions that have seen their end
}

// Pair carries the connection between the outside and a container, the owner,
// until both directions have ended or one side is broken, and closes both. The
// container's own socket is inside, whoever began the connection.
func (s *Set) Pair(owner string, outside, inside Conn) {
	s.PairUntil(func() bool { return false }, owner, outside, inside)
}

// PairUntil is Pair for a connection that may be late: if finished says so, its
// owner's connections were ended by [Set.Finish] while this one was being made, and
// it ends as they do. What makes finished true comes before that call.
func (s *Set) PairUntil(finished func() bool, owner string, outside, inside Conn) {
	p := &pair{owner: owner, outside: outside, inside: inside}
	if !s.add(p) {
		p.abort()
		return
	}
	defer s.remove(p)
	if finished() { // asked only now: whoever finishes later finds it
		p.finish()
	}
	a, errA := outside.SyscallConn()
	b, errB := inside.SyscallConn()
	if errA != nil || errB != nil || keepUrgent(a) != nil || keepUrgent(b) != nil {
		p.abort() // closed under our hands
		return
	}
	if s.calmLocal {
		calm(a)
	}
	other := make(chan struct{})
	go func() {
		defer close(other)
		p.half(&half{src: a, dst: b, pipes: s.pipes, count: &p.count.in}, outside)
	}()
	p.half(&half{src: b, dst: a, pipes: s.pipes, count: &p.count.out}, inside)
	<-other
	outside.Close()
	inside.Close()
}

// half carries one direction to its end, and passes the end on.
func (p *pair) half(h *half, src Conn) {
	err := h.run()
	h.giveBack()
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		err = shutdown(h.dst)
	}
	if err != nil {
		p.abort()
		return
	}
	if p.ended.Add(1) == 2 {
		// Wakes the direction that watches for a reset; this one has no use for it.
		now := time.Unix(1, 0)
		_ = p.outside.SetReadDeadline(now) // fails only on a closed connection
		_ = p.inside.SetReadDeadline(now)
		return
	}
	if h.watch(&p.ended) {
		p.abort()
	}
}

func (p *pair) abort() {
	Reset(p.outside)
	Reset(p.inside)
}

// finish ends the outside's direction: nobody is left inside to listen to it.
func (p *pair) finish() {
	now := time.Now()
	_ = p.outside.SetReadDeadline(now) // fails only on a closed connection, which is the aim
	_ = p.outside.SetWriteDeadline(now.Add(lastWords))
	_ = p.inside.SetReadDeadline(now.Add(lastWords))
}

// Reset closes a connection so that the other side gets an error, not an end.
func Reset(c Conn) {
	if raw, err := c.SyscallConn(); err == nil {
		// Fails only on a closed connection.
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		})
	}
	c.Close()
}

// shutdown passes an end on (shutdown(2)).
func shutdown(c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) { err = unix.Shutdown(int(fd), unix.SHUT_WR) }); e != nil {
		return e
	}
	return err
}

// keepUrgent leaves urgent data in the stream (socket(7), SO_OOBINLINE).
func keepUrgent(c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1)
	}); e != nil {
		return e
	}
	return err
}
