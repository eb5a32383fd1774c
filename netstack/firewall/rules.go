package firewall

import (
	"net/netip"
	"slices"
)

// TableName is that of the table in the router namespace, of family inet.
const TableName = "mocker"

// Marks of packets. The namespace is our own, so that any numbers will do.
const (
	// MarkLocal makes every address one of the namespace's own, by [Open]'s rules.
	MarkLocal = 1
	// MarkInjected does so too, for packets that the relay sends: they come back by
	// the loopback interface.
	MarkInjected = 2
)

// Network is a network as the rules see it.
type Network struct {
	Bridge   string         // interface in the router namespace
	Subnets  []netip.Prefix // all of them, IPv4 and IPv6
	Gateways []netip.Addr   // the router namespace's own addresses on it
	Internal bool           // no way out
}

// Rules is all that the router namespace enforces.
type Rules struct {
	Networks []Network
	// Ports of the relay on 127.0.0.1 and ::1; 0 = none.
	TCP4, TCP6, UDP4, UDP6 uint16
	// Hold leaves the first packet of each connection and echo requests to the
	// relay's packet socket.
	Hold bool
	// Uplink is the interface of another way out than the relay; "" = none. The
	// namespace must forward then (ip_forward=1).
	Uplink string
	// Closed are ranges that nobody reaches, on whichever way: those of the uplink
	// itself, where its helper has services of its own.
	Closed []netip.Prefix
}

// equal tells whether both lead to the same table.
func (r Rules) equal(o Rules) bool {
	same := func(a, b Network) bool {
		return a.Bridge == b.Bridge && a.Internal == b.Internal && slices.Equal(a.Subnets, b.Subnets) && slices.Equal(a.Gateways, b.Gateways)
	}
	return r.TCP4 == o.TCP4 && r.TCP6 == o.TCP6 && r.UDP4 == o.UDP4 && r.UDP6 == o.UDP6 &&
		r.Hold == o.Hold && r.Uplink == o.Uplink && slices.Equal(r.Closed, o.Closed) && slices.EqualFunc(r.Networks, o.Networks, same)
}

// relays tells whether there is a relay.
func (r Rules) relays() bool { return r.TCP4 != 0 || r.TCP6 != 0 || r.UDP4 != 0 || r.UDP6 != 0 }
