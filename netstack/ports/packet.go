package ports

import (
	"errors"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// flowKey tells conversations apart: who speaks to which address of the host at
// which port.
type flowKey struct {
	d      *door
	client netip.AddrPort
	asked  netip.Addr
}

const (
	largest   = 65535 // bytes of a datagram
	atOnce    = 64    // datagrams, before others get their turn
	controls  = 64    // bytes of control messages
	cmsgStart = int(unsafe.Sizeof(unix.Cmsghdr{}))
)

// packetBuffer holds one datagram and what the kernel says about it.
type packetBuffer struct {
	data    [largest]byte
	control [controls]byte
}

var packetBuffers = sync.Pool{New: func() any { return new(packetBuffer) }}

// receive serves one UDP socket until it is closed. It holds a buffer only while
// datagrams are there.
func (d *door) receive(s *os.File) {
	raw, err := s.SyscallConn()
	if err != nil {
		return // closed already
	}
	for {
		err := raw.Read(func(fd uintptr) bool {
			b := packetBuffers.Get().(*packetBuffer) //nolint:errcheck,forcetypeassert // the pool has no others
			defer packetBuffers.Put(b)
			for range atOnce {
				n, oobn, _, from, err := unix.Recvmsg(int(fd), b.data[:], b.control[:], unix.MSG_DONTWAIT)
				if err == unix.EAGAIN {
					return false
				}
				if err == nil {
					d.forward(raw, sock.AddrPort(from), b.data[:n], b.control[:oobn])
				}
			}
			return true
		})
		if err != nil {
			return
		}
	}
}

// forward sends a client's datagram on. What cannot be sent is dropped.
func (d *door) forward(raw syscall.RawConn, client netip.AddrPort, data, control []byte) {
	asked, reply := askedFor(control)
	key := flowKey{d, client, asked}
	for range 2 {
		f, err := d.t.flows.Get(key, func() (carry.Far, error) { return d.far(raw, client, reply) })
		if err != nil || f == nil {
			return
		}
		if err := f.Send(data); !errors.Is(err, os.ErrClosed) {
			return // sent, or the container's kernel has said that nobody is there
		}
		// It ended at this moment: a new one.
	}
}

// errNobody says that no container is behind the door.
var errNobody = errors.New("no container is there")

// far opens the socket of a new flow. A client stays with the container that its
// flow began with.
func (d *door) far(raw syscall.RawConn, client netip.AddrPort, reply []byte) (carry.Far, error) {
	err := errNobody
	for _, m := range d.candidates() {
		var f *os.File
		if f, err = d.t.dialPacket(m.wayFor(client, d.t.w.Returns)); err != nil {
			continue
		}
		to := sock.Addr(client)
		return carry.Far{Owner: m.ID, Conn: f, Reply: func(b []byte) { send(raw, b, reply, to) }}, nil
	}
	return carry.Far{}, err
}

// dialPacket connects a UDP socket, as the client if that is possible.
func (t *Table) dialPacket(w way) (*os.File, error) {
	fd, err := t.socket(t.packets, w)
	if err != nil {
		return nil, err
	}
	if w.as.IsValid() {
		err := carry.Deafen(fd)
		if err == nil { // shared with flows of the same client to others: their peers differ
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
		if err == nil {
			err = unix.Bind(fd, sock.Addr(w.as))
		}
		if err != nil {
			unix.Close(fd)
			w.as = netip.AddrPort{}
			return t.dialPacket(w)
		}
	}
	err = os.NewSyscallError("connect", unix.Connect(fd, sock.Addr(w.to)))
	if err == nil && w.as.IsValid() {
		err = carry.Undeafen(fd)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "udp to "+w.to.String()), nil
}

// send sends a reply from the address that the client asked. One that finds no
// room is dropped.
func send(raw syscall.RawConn, b, control []byte, to unix.Sockaddr) {
	_ = raw.Control(func(fd uintptr) { // fails only on a closed socket
		for {
			_, err := unix.SendmsgN(int(fd), b, control, to, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
			if err == unix.ECONNREFUSED || err == unix.EINTR {
				continue // the news of another client, taken off by being read
			}
			return
		}
	})
}

// askedFor reads to which address a datagram was sent, and makes the control
// message that sends the answer from there (ip(7), IP_PKTINFO; ipv6(7)).
func askedFor(control []byte) (asked netip.Addr, reply []byte) {
	if len(control) < cmsgStart {
		return netip.Addr{}, nil
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	body := control[cmsgStart:]
	switch {
	case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(body) >= unix.SizeofInet4Pktinfo:
		in := (*unix.Inet4Pktinfo)(unsafe.Pointer(&body[0]))
		// Spec_dst is an address of ours also if the datagram was a broadcast.
		return netip.AddrFrom4(in.Addr), unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: in.Spec_dst})
	case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(body) >= unix.SizeofInet6Pktinfo:
		in := (*unix.Inet6Pktinfo)(unsafe.Pointer(&body[0]))
		a := netip.AddrFrom16(in.Addr)
		out := unix.Inet6Pktinfo{Addr: in.Addr}
		if a.IsLinkLocalUnicast() {
			out.Ifindex = in.Ifindex
		}
		if a.IsMulticast() {
			return a, nil
		}
		return a, unix.PktInfo6(&out)
	}
	return netip.Addr{}, nil
}
