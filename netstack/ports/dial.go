package ports

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

const (
	// dialTimeout bounds the connection to a container. On a bridge the answer
	// takes microseconds; none comes only if it has no endpoint left.
	dialTimeout = 10 * time.Second
	// shownTimeout is the same when the client's address is shown: if the container
	// has a way of its own to there, its answer does not come to us.
	shownTimeout = 3 * time.Second
)

// errEnded says that the container has accepted a connection and ended it before
// we looked: it is not to be made once more.
var errEnded = errors.New("the container has reset the connection")

// dial connects to a container, as the client if that is possible and as the
// gateway if it is not.
func (t *Table) dial(w way) (*os.File, error) {
	if w.as.IsValid() {
		f, err := t.connect(w, shownTimeout)
		if err == nil || errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, errEnded) {
			return f, err
		}
		// EADDRINUSE: another connection from there has the same two ends;
		// EADDRNOTAVAIL, EPERM, no answer: it cannot be done here.
		w.as = netip.AddrPort{}
		late := errors.Is(err, os.ErrDeadlineExceeded)
		start := time.Now()
		f, err = t.connect(w, dialTimeout)
		if err == nil && late && time.Since(start) < shownTimeout/2 {
			w.blind.Store(true)
		}
		return f, err
	}
	return t.connect(w, dialTimeout)
}

func (t *Table) connect(w way, limit time.Duration) (*os.File, error) {
	fd, err := t.socket(t.streams, w)
	if err != nil {
		return nil, err
	}
	if w.as.IsValid() {
		if err := unix.Bind(fd, sock.Addr(w.as)); err != nil {
			unix.Close(fd)
			return nil, os.NewSyscallError("bind", err)
		}
	}
	state := connecting(fd, w.to)
	f := os.NewFile(uintptr(fd), "tcp to "+w.to.String()) // non-blocking: Go's poller has it
	if state == unix.EINPROGRESS {
		// A container that stands still must not hold up the end of the table.
		stop := context.AfterFunc(t.ctx, func() { f.Close() })
		state, err = awaitConnect(f, w.to, limit)
		stop()
	}
	if state != nil || err != nil {
		f.Close()
		return nil, os.NewSyscallError("connect", errors.Join(state, err))
	}
	return f, nil
}

// socket is one of the pool, or made where the container is.
func (t *Table) socket(p *pool, w way) (int, error) {
	if w.ns == nil {
		return p.get(sock.Family(w.to.Addr()))
	}
	fd := -1
	err := t.w.In(w.ns, func() (err error) {
		fd, err = newSocket(sock.Family(w.to.Addr()), p.kind)
		return err
	})
	return fd, err
}

// connecting goes on with a connection: nil when it is made, EINPROGRESS while
// it is under way. On a bridge the second look finds the answer already there,
// which connect(2) itself could not take while it had the socket.
//
// A reset before the handshake is ECONNREFUSED. After it, connect(2) reports what
// has become of the connection since: EPIPE if an end came before the reset.
func connecting(fd int, to netip.AddrPort) error {
	sa := sock.Addr(to)
	for range 2 {
		switch err := unix.Connect(fd, sa); err {
		case nil, unix.EISCONN:
			return nil
		case unix.EINTR, unix.EINPROGRESS, unix.EALREADY:
		case unix.ECONNRESET, unix.EPIPE:
			return errEnded
		default:
			return err
		}
	}
	return unix.EINPROGRESS
}

// awaitConnect waits until the connection is decided.
func awaitConnect(f *os.File, to netip.AddrPort, limit time.Duration) (state, err error) {
	if err := f.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	err = raw.Write(func(fd uintptr) bool {
		state = connecting(int(fd), to)
		return state != unix.EINPROGRESS
	})
	if err != nil {
		return nil, err
	}
	return state, f.SetWriteDeadline(time.Time{})
}
