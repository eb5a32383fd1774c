package ports

import (
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// tries is how often a client is tried at a door that opens again after it was
// refused.
const tries = 5

// accept serves one listening socket until it is closed.
func (d *door) accept(l *os.File) {
	raw, err := l.SyscallConn()
	if err != nil {
		return // closed already
	}
	set := d.t.w.Set
	for {
		fd, from, err := -1, unix.Sockaddr(nil), error(nil)
		closed := raw.Read(func(s uintptr) bool {
			fd, from, err = unix.Accept4(int(s), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			return err != unix.EAGAIN && err != unix.EINVAL // EINVAL: it does not listen now
		})
		if closed != nil {
			return
		}
		if err != nil {
			if err == unix.ECONNABORTED || err == unix.EINTR {
				continue
			}
			// Out of descriptors or memory: others must end first.
			select {
			case <-time.After(50 * time.Millisecond):
				continue
			case <-d.ctx.Done():
				return
			}
		}
		client := os.NewFile(uintptr(fd), "client") // non-blocking: Go's poller has it
		// With all slots taken the kernel's queue holds those that come.
		if !set.Acquire(d.ctx) {
			carry.Reset(client)
			return
		}
		d.t.wg.Go(func() {
			defer set.Release()
			d.carry(client, sock.AddrPort(from))
		})
	}
}

// carry connects a client to a container behind the door. If nobody listens
// there, the client sees a reset, the nearest to the refusal that it would have
// got, and those after it are refused.
func (d *door) carry(client *os.File, from netip.AddrPort) {
	for range tries {
		for _, m := range d.candidates() {
			f, err := d.t.dial(m.wayFor(from, d.t.w.Returns))
			if errors.Is(err, errEnded) {
				carry.Reset(client)
				return
			}
			if err != nil {
				continue
			}
			if d.t.ctx.Err() != nil {
				carry.Reset(f)
				carry.Reset(client)
				return
			}
			d.t.w.Set.PairUntil(m.left.Load, m.ID, client, f)
			return
		}
		if !d.refused() {
			break
		}
	}
	carry.Reset(client)
}
