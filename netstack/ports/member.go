package ports

import (
	"net/netip"
	"os"
	"sync/atomic"
)

// Member is a container behind a port.
type Member struct {
	ID   string
	Port uint16 // where it listens; set by the table
	// IPv4 and IPv6 are its addresses on a bridge of R; without any, NS is
	// entered, and its loopback asked.
	IPv4, IPv6 netip.Addr
	// Answers4 and Answers6: it has a default route by R, so that its answers to an
	// address of the outside come to R.
	Answers4, Answers6 bool
	NS                 *os.File
	// Own tells that an address is one of the project's networks: its packets would
	// not come back, but go to the one who has it.
	Own func(netip.Addr) bool

	// blind is set when an answer to a client's address has not come, and one to the
	// gateway has: the container routes in its own way.
	blind *atomic.Bool
	// left is set when the container is taken away from the door, and before its
	// connections are ended.
	left *atomic.Bool
}

// way is how a client reaches a container.
type way struct {
	to netip.AddrPort
	as netip.AddrPort // the client's address, if it can be shown; else invalid
	ns *os.File       // nil: R

	blind *atomic.Bool // the member's
}

// wayFor chooses the family of the client if the container has it: only then its
// address can be shown.
func (m Member) wayFor(client netip.AddrPort, returns func(netip.Addr) bool) way {
	addr := client.Addr().Unmap()
	to, answers := m.IPv4, m.Answers4
	if addr.Is6() && m.IPv6.IsValid() || !to.IsValid() {
		to, answers = m.IPv6, m.Answers6
	}
	if !to.IsValid() {
		return way{to: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), m.Port), ns: m.NS}
	}
	w := way{to: netip.AddrPortFrom(to, m.Port), blind: m.blind}
	if answers && !m.blind.Load() && addr.Is4() == to.Is4() && showable(addr) && !m.Own(addr) && returns(addr) {
		w.as = netip.AddrPortFrom(addr, client.Port())
	}
	return w
}

// showable tells whether packets with this source could come back to R at all.
func showable(a netip.Addr) bool {
	return !a.IsLoopback() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast()
}
