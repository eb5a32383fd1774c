package netstack

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// DialLimit bounds a connection whose context has no deadline.
const dialLimit = 30 * time.Second

// Dial connects to a TCP port in the namespace of sb, as a process in it would: on
// 127.0.0.1, else on ::1, else on an address of its networks. The error is that of the
// first address, unless another got further than a refusal.
func (s *Stack) Dial(ctx context.Context, sb *Sandbox, port uint16) (net.Conn, error) {
	at := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	s.mu.Lock()
	for _, e := range sb.endpoints {
		at = append(at, e.Addresses()...)
	}
	s.mu.Unlock()
	until, ok := ctx.Deadline()
	if !ok {
		until = time.Now().Add(dialLimit)
	}
	var first error
	for _, a := range at {
		c, err := s.worker.dialStream(sb.ns, netip.AddrPortFrom(a, port), time.Until(until))
		if err == nil {
			return c, nil
		}
		if first == nil || errors.Is(first, unix.ECONNREFUSED) && !nobodyThere(err) {
			first = err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, first
}

// nobodyThere is what the kernel answers where nothing listens, or the family is off.
func nobodyThere(err error) bool {
	for _, e := range []unix.Errno{unix.ECONNREFUSED, unix.EADDRNOTAVAIL, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EAFNOSUPPORT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
