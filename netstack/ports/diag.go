package ports

import (
	"encoding/binary"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// listeners asks a net namespace which TCP sockets listen in it (sock_diag(7)).
// On a kernel that does not tell, it knows nothing.
type listeners struct{ fd int }

// openListeners makes the socket inside ns, after which any thread may use it.
func openListeners(w World, ns *os.File) *listeners {
	l := &listeners{-1}
	if ns == nil {
		return l
	}
	err := w.In(ns, func() (err error) {
		l.fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
		return err
	})
	if err != nil {
		l.fd = -1
		return l
	}
	// An answer always comes; were it not to, a goroutine would hang for ever.
	_ = unix.SetsockoptTimeval(l.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1})
	return l
}

func (l *listeners) known() bool { return l.fd >= 0 }

func (l *listeners) close() {
	if l.fd >= 0 {
		_ = unix.Close(l.fd) // nothing is lost by an error
		l.fd = -1
	}
}

// has tells whether a socket listens that would get a connection to at.
func (l *listeners) has(at netip.AddrPort) bool {
	families := []uint8{unix.AF_INET6, unix.AF_INET} // an IPv6 one may take IPv4 too
	if at.Addr().Is6() {
		families = families[:1]
	}
	for _, family := range families {
		if l.fd < 0 {
			return false
		}
		found, err := l.dump(family, at)
		if err != nil {
			l.close()
			return false
		}
		if found {
			return true
		}
	}
	return false
}

// diagRequest is nlmsghdr and inet_diag_req_v2 (linux/inet_diag.h).
type diagRequest struct {
	hdr      unix.NlMsghdr
	family   uint8
	protocol uint8
	ext      uint8
	_        uint8
	states   uint32
	id       [48]byte // inet_diag_sockid: all sockets
}

// diagAnswer is the beginning of inet_diag_msg.
type diagAnswer struct {
	family, state, timer, retrans uint8
	sport, dport                  [2]byte
	src, dst                      [16]byte
}

const tcpListen = 10 // TCP_LISTEN (net/tcp_states.h)

func (l *listeners) dump(family uint8, at netip.AddrPort) (found bool, err error) {
	req := diagRequest{
		hdr:    unix.NlMsghdr{Type: unix.SOCK_DIAG_BY_FAMILY, Flags: unix.NLM_F_REQUEST | unix.NLM_F_DUMP},
		family: family, protocol: unix.IPPROTO_TCP, states: 1 << tcpListen,
	}
	req.hdr.Len = uint32(unsafe.Sizeof(req))
	msg := (*[unsafe.Sizeof(req)]byte)(unsafe.Pointer(&req))[:]
	if err := unix.Sendto(l.fd, msg, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return false, err
	}
	var buf [16 << 10]byte
	for {
		n, err := unix.Read(l.fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, err
		}
		hit, done, err := scanDiag(buf[:n], at)
		found = found || hit
		if done || err != nil {
			return found, err
		}
	}
}

// scanDiag reads the messages of one packet.
func scanDiag(b []byte, at netip.AddrPort) (found, done bool, err error) {
	for len(b) >= unix.SizeofNlMsghdr {
		size, kind := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint16(b[4:])
		if size < unix.SizeofNlMsghdr || int(size) > len(b) {
			return found, true, unix.EBADMSG
		}
		body := b[unix.SizeofNlMsghdr:size]
		switch {
		case kind == unix.NLMSG_DONE:
			return found, true, nil
		case kind == unix.NLMSG_ERROR:
			return found, true, unix.EOPNOTSUPP
		case len(body) >= int(unsafe.Sizeof(diagAnswer{})):
			found = found || takes((*diagAnswer)(unsafe.Pointer(&body[0])), at)
		}
		b = b[min((int(size)+3)&^3, len(b)):]
	}
	return found, false, nil
}

// takes tells whether a listening socket gets connections to at.
func takes(a *diagAnswer, at netip.AddrPort) bool {
	if binary.BigEndian.Uint16(a.sport[:]) != at.Port() {
		return false
	}
	src := netip.AddrFrom16(a.src).Unmap()
	if a.family == unix.AF_INET {
		src = netip.AddrFrom4([4]byte(a.src[:4]))
	}
	return src.IsUnspecified() || src == at.Addr()
}
