package egress

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// trouble is what the network has said about a ping (ip(7), IP_RECVERR: struct
// sock_extended_err and the address of who said it).
type trouble struct {
	errno      unix.Errno
	kind, code byte       // of the ICMP message
	by         netip.Addr // invalid: this machine itself
}

// troubles passes on all that waits in a ping socket's queue of errors.
func (r *Relay) troubles(one *ping) {
	one.mu.Lock()
	last := one.last
	one.mu.Unlock()
	control := make([]byte, 512)
	for {
		var m int
		var err error
		if one.raw.Control(func(fd uintptr) {
			_, m, _, _, err = unix.Recvmsg(int(fd), nil, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		}) != nil || err != nil {
			return
		}
		t, ok := readTrouble(control[:m])
		switch {
		case !ok || len(last.head) == 0:
		case t.by.IsValid():
			r.writer.send(last.from, icmpError(t.by, last.from, t.kind, t.code, last.quote()))
		default:
			r.answer(last, t.errno)
		}
	}
}

// Origins of an error (linux/errqueue.h).
const (
	originICMP4 = 2
	originICMP6 = 3
)

func readTrouble(control []byte) (t trouble, ok bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return t, false
	}
	for _, m := range messages {
		h, b := m.Header, m.Data
		v4 := h.Level == unix.SOL_IP && h.Type == unix.IP_RECVERR
		v6 := h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_RECVERR
		if !v4 && !v6 || len(b) < 16 {
			continue
		}
		t = trouble{errno: unix.Errno(binary.NativeEndian.Uint32(b)), kind: b[5], code: b[6]}
		switch from := b[16:]; {
		case v4 && b[4] == originICMP4 && len(from) >= unix.SizeofSockaddrInet4:
			t.by = netip.AddrFrom4([4]byte(from[4:8]))
		case v6 && b[4] == originICMP6 && len(from) >= unix.SizeofSockaddrInet6:
			t.by = netip.AddrFrom16([16]byte(from[8:24]))
		}
		return t, true
	}
	return t, false
}

// expired answers a packet that may not go any further.
func (r *Relay) expired(p packet, v *view) {
	kind := byte(timeExceeded4)
	if p.from.Is6() {
		kind = timeExceeded6
	}
	if by := v.gatewayOf(p.from); by.IsValid() {
		r.writer.send(p.from, icmpError(by, p.from, kind, 0, p.quote()))
	}
}
