package ports

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

var (
	// holdFor is how long clients wait for a container that is being restarted.
	holdFor = 10 * time.Second
	// doubt is how long they wait when all have refused them: a container that has
	// ended is not known to be restarted at once.
	doubt = 300 * time.Millisecond
)

// begin finds out in which state the sockets are. New ones do not listen; those
// of an earlier process may.
func (d *door) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.protocol() == UDP || d.listens() {
		d.enter(open)
		return
	}
	d.refuse() // so that nobody else can bind it
}

// enter changes the state. d.mu is held.
func (d *door) enter(to state) {
	if d.expiry != nil {
		d.expiry.Stop()
		d.expiry = nil
	}
	if d.state == holding && to != holding {
		close(d.settled)
	}
	if d.state != holding && to == holding {
		d.settled, d.since = make(chan struct{}), time.Now()
	}
	d.state = to
}

// hold waits for the containers that will be back, for limit since somebody was
// last let in. Clients wait too, if they were let in before: a container that ends
// before it listens is not worth it. d.mu is held.
func (d *door) hold(limit time.Duration) {
	switch {
	case d.state == open:
		d.enter(holding)
	case d.state == closed && d.expiry == nil:
		d.since = time.Now()
	}
	if d.expiry != nil {
		d.expiry.Stop()
	}
	d.expiry = time.AfterFunc(time.Until(d.since.Add(limit)), func() { d.t.expire(d) })
}

// expired ends the waiting for containers that will be back. It tells whether
// none has come: then the door is to be closed. Those who have but do not listen
// make it a closed one.
func (d *door) expired() (gone bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expiry = nil
	if d.ctx.Err() != nil || d.state == open {
		return false
	}
	if d.state == holding && d.protocol() == TCP {
		d.refuse()
	}
	d.enter(closed)
	return len(d.members) == 0
}

// letIn opens the door: somebody listens, unless he has left meanwhile.
func (d *door) letIn() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil || d.state == open || len(d.members) == 0 {
		return
	}
	if d.state == closed {
		if err := d.listen(); err != nil {
			d.t.w.Report("port " + d.Spec.String() + " stays closed: " + err.Error())
			return
		}
	}
	d.enter(open)
}

// refused notes that all who are behind the door refused a client, or that nobody
// is there. It waits, if that may be over soon, and tells whether the client may
// try again.
func (d *door) refused() (again bool) {
	d.mu.Lock()
	if d.state == open {
		d.hold(doubt)
		if len(d.members) > 0 {
			d.watch()
		}
	}
	if d.state == closed {
		d.mu.Unlock()
		return false
	}
	settled := d.settled
	d.mu.Unlock()
	select {
	case <-settled:
	case <-d.ctx.Done():
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state == open
}

// listens tells whether the kernel lets clients in. d.mu is held.
func (d *door) listens() bool {
	yes := false
	for _, s := range d.sockets {
		_ = sock.With(s, func(fd int) error { // fails only on a closed socket
			n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
			yes = yes || err == nil && n != 0
			return err
		})
	}
	return yes
}

// listen makes the kernel let TCP clients in. d.mu is held.
func (d *door) listen() error {
	for _, s := range d.sockets {
		err := sock.With(s, func(fd int) error {
			// Old connections of the port do no harm.
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
				return os.NewSyscallError("setsockopt SO_REUSEADDR", err)
			}
			// The kernel lowers it to net.core.somaxconn.
			return os.NewSyscallError("listen", unix.Listen(fd, 4096))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse makes the kernel refuse clients, those in its queue included. The
// sockets stay bound, and nobody else gets the port: SO_REUSEADDR needs the
// consent of both, which is asked for only since a socket of the port has once
// listened. d.mu is held.
func (d *door) refuse() {
	if !d.listens() && d.listen() != nil {
		return // somebody was faster: letIn will say so
	}
	for _, s := range d.sockets {
		_ = sock.With(s, func(fd int) error { // fails only on a closed socket
			_ = unix.Shutdown(fd, unix.SHUT_RDWR) // ENOTCONN: it does not listen
			return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 0)
		})
	}
}
