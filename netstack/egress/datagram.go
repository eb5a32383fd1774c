package egress

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// buffers hold a datagram while it is being passed on, and only then.
var buffers = sync.Pool{New: func() any { return new([largestPacket]byte) }}

// datagrams takes the first datagrams of flows. Those that follow come to the
// flow's own socket: the rules look for one that waits before they lead here.
func (r *Relay) datagrams(c *os.File) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	buf, control := make([]byte, largestPacket), make([]byte, 256)
	for {
		var n, m int
		var from unix.Sockaddr
		var err error
		if raw.Read(func(fd uintptr) bool {
			n, m, _, from, err = unix.Recvmsg(int(fd), buf, control, 0)
			return err != unix.EAGAIN && err != unix.EINTR
		}) != nil {
			return // closed
		}
		if err != nil {
			continue // an error is taken off the socket by being read
		}
		if to, ok := originalTarget(control[:m]); ok {
			r.datagram(flow{sock.AddrPort(from), to}, buf[:n])
		}
	}
}

// originalTarget finds the address that a datagram was sent to in its control
// message: a struct sockaddr_in or sockaddr_in6.
func originalTarget(control []byte) (netip.AddrPort, bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for _, m := range messages {
		switch h := m.Header; {
		case h.Level == unix.SOL_IP && h.Type == ipRecvOrigDst && len(m.Data) >= unix.SizeofSockaddrInet4:
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte(m.Data[4:8])), binary.BigEndian.Uint16(m.Data[2:])), true
		case h.Level == unix.SOL_IPV6 && h.Type == ipv6RecvOrigDst && len(m.Data) >= unix.SizeofSockaddrInet6:
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte(m.Data[8:24])), binary.BigEndian.Uint16(m.Data[2:])), true
		}
	}
	return netip.AddrPort{}, false
}

// datagram passes on one datagram of a flow that has no socket of its own yet, or
// had none when it was sent.
func (r *Relay) datagram(f flow, b []byte) {
	owner, to, err := r.target(f)
	if owner == "" {
		return
	}
	var conn *conversation
	var one *carry.Flow[flow]
	if err == nil {
		one, err = r.flows.Get(f, func() (carry.Far, error) {
			if !r.isOf(owner, f.client.Addr()) { // what ends its flows waits for us, or has been
				return carry.Far{}, errNoOwner
			}
			conn, err = r.converse(f, to)
			if err != nil {
				return carry.Far{}, err
			}
			return carry.Far{
				Owner: owner, Conn: conn, FromOwner: true, Reply: conn.reply, Silence: silenceOf(to),
				Failed: func(err error) { r.datagramFailed(f, err) },
			}, nil
		})
	}
	if err == nil && one == nil {
		return // the relay ends
	}
	if conn != nil && one != nil {
		r.wg.Go(func() { conn.forward(one, func(err error) { r.datagramFailed(f, err) }) })
	}
	if err == nil {
		err = one.Send(b)
	}
	if err != nil {
		r.datagramFailed(f, err)
	}
}

// namesSilence is how long a flow to a name server may be quiet: each question of
// most programs has a port of its own, and is answered once.
const namesSilence = 10 * time.Second

func silenceOf(to netip.AddrPort) time.Duration {
	if to.Port() == 53 {
		return namesSilence
	}
	return 0
}

// datagramFailed tells a service what has become of what it sent.
func (r *Relay) datagramFailed(f flow, err error) {
	what, why := answerTo(err)
	if what == ignore || r.writer == nil {
		return
	}
	r.tell(f.client.Addr(), f.to.Addr(), why, udpQuote(f))
}

// conversation is a flow's two sockets: outside is the host's, connected to the
// target; inside is R's, which plays the target to the service. It closes both.
type conversation struct {
	*os.File // outside
	inside   *os.File
	raw      syscall.RawConn // of inside
}

// Close ends both.
func (c *conversation) Close() error { return errors.Join(c.File.Close(), c.inside.Close()) }

// converse makes the sockets. It does not wait for anything.
func (r *Relay) converse(f flow, to netip.AddrPort) (*conversation, error) {
	outside, err := connected(to, netip.AddrPort{})
	if err != nil {
		return nil, err
	}
	c := &conversation{File: outside}
	err = r.world.InRouter(func() (err error) {
		c.inside, err = connected(f.client, f.to)
		return err
	})
	if err == nil {
		c.raw, err = c.inside.SyscallConn()
	}
	if err != nil {
		outside.Close()
		return nil, err
	}
	return c, nil
}

// connected makes a UDP socket that talks to one peer only, in the calling
// thread's namespace; as, if valid, is the address that it claims to have.
func connected(peer, as netip.AddrPort) (*os.File, error) {
	family := sock.Family(peer.Addr())
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if as.IsValid() {
		err = claim(fd, as)
	}
	if err == nil {
		err = os.NewSyscallError("connect", unix.Connect(fd, sock.Addr(peer)))
	}
	switch {
	case err != nil:
	case as.IsValid():
		err = carry.Undeafen(fd)
	default:
		err = notItself(fd, peer)
	}
	if err != nil {
		unix.Close(fd) //nolint:errcheck // nothing was sent
		return nil, err
	}
	return os.NewFile(uintptr(fd), "udp "+peer.String()), nil
}

// claim gives a socket an address that is not the machine's. Until it is connected
// it would also get what other services send there: so it gets nothing.
func claim(fd int, as netip.AddrPort) error {
	err := carry.Deafen(fd)
	if err == nil {
		err = setTransparent(fd, sock.Family(as.Addr()))
	}
	if err == nil { // another flow may have the same target
		err = os.NewSyscallError("setsockopt SO_REUSEADDR", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, sock.Addr(as)))
	}
	return err
}

// reply gives the service what the target has sent. What does not fit is dropped.
func (c *conversation) reply(b []byte) {
	_ = c.raw.Control(func(fd uintptr) { _ = unix.Send(int(fd), b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL) }) // see above
}

// forward passes on what the service sends, until the flow ends.
func (c *conversation) forward(to *carry.Flow[flow], failed func(error)) {
	for c.raw.Read(func(fd uintptr) bool { return pump(int(fd), to, failed) }) == nil {
	}
}

// pump passes on all that is there and then says that nothing is.
func pump(fd int, to *carry.Flow[flow], failed func(error)) bool {
	buf := buffers.Get().(*[largestPacket]byte) //nolint:errcheck,forcetypeassert // the pool has no others
	defer buffers.Put(buf)
	for {
		n, err := unix.Read(fd, buf[:])
		switch err {
		case nil:
			if err := to.Send(buf[:n]); err != nil {
				failed(err)
			}
		case unix.EAGAIN:
			return false
		case unix.EINTR, unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH:
			// The service has closed its socket; the target learns it by silence.
		default:
			return true
		}
	}
}
