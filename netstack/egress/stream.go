package egress

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

const protocolTCP = unix.IPPROTO_TCP

// syn is for the first packet of a connection, which the rules have dropped.
func (r *Relay) syn(p packet) {
	f := p.flow()
	if f.to.Port() == 53 && r.view.Load().isGateway(f.to.Addr()) {
		return // a resolver listens there, in R
	}
	owner, to, err := r.target(f)
	switch {
	case owner == "":
		return
	case err != nil:
		r.answer(p, err)
		return
	}
	switch r.dials.begin(f) {
	case ready: // the one that was put back has got lost
		r.writer.inject(p.to, p.synAgain())
	case begun:
		r.hold(p, f, to)
	}
}

// hold connects to the outside while the SYN waits. What is decided at once, as
// with a target on this machine, needs no goroutine of its own.
func (r *Relay) hold(p packet, f flow, to netip.AddrPort) {
	out, done, err := r.connect(to)
	if done {
		r.decided(p, f, out, err)
		return
	}
	p = p.clone()
	r.wg.Go(func() { r.decided(p, f, out, r.await(out)) })
}

// decided lets the SYN go on, or answers it.
func (r *Relay) decided(p packet, f flow, out *os.File, err error) {
	if err != nil {
		out.Close() // nil, if there is none, does no harm
		out = nil
		if !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.EPIPE) {
			r.dials.take(f)
			r.answer(p, err)
			return
		}
		// It was accepted and reset before we looked, EPIPE: after an end. So it is to
		// be for the service.
	}
	r.dials.connected(f, out)
	r.writer.inject(p.to, p.synAgain())
}

// accept takes the services' halves of connections from one listener.
func (r *Relay) accept(l *os.File) {
	raw, err := l.SyscallConn()
	if err != nil {
		return
	}
	for r.world.Carry.Acquire(r.ctx) {
		c, f, err := acceptOne(raw)
		if err == nil {
			r.wg.Go(func() {
				defer r.world.Carry.Release()
				r.serve(c, f)
			})
			continue
		}
		r.world.Carry.Release()
		if errors.Is(err, os.ErrClosed) {
			return
		}
		// Out of descriptors or memory: others must end first.
		select {
		case <-time.After(50 * time.Millisecond):
		case <-r.ctx.Done():
			return
		}
	}
}

// acceptOne waits for a connection. What net.TCPListener would set on each, ours
// have from their listener.
func acceptOne(l syscall.RawConn) (*os.File, flow, error) {
	fd := -1
	var from, to unix.Sockaddr
	var err error
	if e := l.Read(func(s uintptr) bool {
		fd, from, err = unix.Accept4(int(s), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return err != unix.EAGAIN && err != unix.EINTR && err != unix.ECONNABORTED
	}); e != nil {
		return nil, flow{}, os.ErrClosed // it is nothing else, under another name
	}
	if err != nil {
		return nil, flow{}, os.NewSyscallError("accept4", err)
	}
	c := os.NewFile(uintptr(fd), "tcp from a service")
	if to, err = unix.Getsockname(fd); err != nil {
		c.Close()
		return nil, flow{}, os.NewSyscallError("getsockname", err)
	}
	return c, flow{sock.AddrPort(from), sock.AddrPort(to)}, nil
}

// serve joins both halves. A service's half that has none outside was not held:
// there are no packet sockets, or its SYN was put back by a process that has died.
// Then a failure can only be told by a reset.
func (r *Relay) serve(c *os.File, f flow) {
	owner, to, err := r.target(f)
	out, gone := r.dials.take(f)
	switch {
	case gone:
		err = unix.ECONNRESET
	case err == nil && out == nil:
		out, err = r.dial(to)
	}
	if err != nil {
		carry.Reset(c)
		if out != nil {
			carry.Reset(out)
		}
		return
	}
	a := f.client.Addr()
	if !r.joined.add(a, c, out) {
		carry.Reset(c)
		carry.Reset(out)
		return
	}
	defer r.joined.remove(a, c)
	if !r.isOf(owner, a) { // lost while we dialled: [Relay.Leave] came too early for this one
		carry.Reset(c)
		carry.Reset(out)
		return
	}
	r.world.Carry.Pair(owner, out, c)
}
