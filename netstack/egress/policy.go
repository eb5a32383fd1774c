package egress

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// Access is what a container reaches of the host by a gateway's address.
type Access int

// From nothing to all.
const (
	NoHost       Access = iota // nothing listens there
	HostAddress                // what listens on the host's own address
	HostLoopback               // what listens on the host's 127.0.0.1 or ::1
)

// errIgnored is for packets that get no answer: nobody on the link would give one.
var errIgnored = errors.New("not relayed")

// closed are destinations that must never be dialled from the host: its own
// loopback in every form, and what has a meaning on one link only.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // 0.0.0.0 is the host itself (RFC 1122, 3.2.1.3)
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("::/96"),           // ::, ::1, and IPv4-compatible addresses (RFC 4291, 2.5.5.1)
	netip.MustParsePrefix("::ffff:0:0/96"),   // IPv4-mapped: ::ffff:127.0.0.1 is 127.0.0.1
	netip.MustParsePrefix("::ffff:0:0:0/96"), // IPv4-translated (RFC 2765)
	netip.MustParsePrefix("fe80::/10"),       // needs an interface to have a meaning
	netip.MustParsePrefix("fec0::/10"),       // site-local, deprecated (RFC 3879)
}

// silent are those to which no host answers with an error (RFC 1122, 3.2.2).
var silent = []netip.Prefix{
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("ff00::/8"),
}

// Policy decides what may be dialled for whom.
type Policy struct {
	Gateways []netip.Addr   // R's own addresses
	Subnets  []netip.Prefix // of the project's networks
	// HostAccess says what a container means by a gateway's address.
	HostAccess func(from, to netip.Addr) Access
	// HostAddress is the host's own address of a family, invalid if it has none.
	HostAddress func(ipv6 bool) netip.Addr
}

// Target is where to dial for a packet from from to to. The error says how the
// attempt fails in the sender's eyes: an errno of connect(2), or errIgnored.
func (p *Policy) Target(from netip.Addr, to netip.AddrPort) (netip.AddrPort, error) {
	a := to.Addr()
	in := func(all []netip.Prefix) bool {
		return slices.ContainsFunc(all, func(x netip.Prefix) bool { return x.Contains(a) })
	}
	switch {
	case !a.IsValid(), a.Zone() != "", a.Is4() != from.Is4():
		return netip.AddrPort{}, errIgnored
	case in(silent):
		return netip.AddrPort{}, errIgnored
	case in(closed):
		return netip.AddrPort{}, unix.ENETUNREACH
	case slices.Contains(p.Gateways, a):
		return p.host(from, to)
	case in(p.Subnets):
		return netip.AddrPort{}, unix.EACCES // another network's, or nobody's
	}
	return to, nil
}

// host is for a gateway's address, which means the host to some.
func (p *Policy) host(from netip.Addr, to netip.AddrPort) (netip.AddrPort, error) {
	access := NoHost
	if p.HostAccess != nil {
		access = p.HostAccess(from, to.Addr())
	}
	switch access {
	case HostLoopback:
		a := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if to.Addr().Is6() {
			a = netip.IPv6Loopback()
		}
		return netip.AddrPortFrom(a, to.Port()), nil
	case HostAddress:
		if a := p.HostAddress(to.Addr().Is6()); a.IsValid() {
			return netip.AddrPortFrom(a, to.Port()), nil
		}
		return netip.AddrPort{}, unix.EHOSTUNREACH
	}
	return netip.AddrPort{}, unix.ECONNREFUSED
}

// OwnAddress is the address by which the host would reach others, or, without a
// way out, the first that is not loopback. To be called from a goroutine at home
// in the host's net namespace.
func OwnAddress(ipv6 bool) netip.Addr {
	if a := sourceFor(ipv6); a.IsValid() {
		return a
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}
	}
	for _, n := range all {
		p, err := netip.ParsePrefix(n.String())
		if a := p.Addr().Unmap(); err == nil && a.Is6() == ipv6 && usable(a) {
			return a
		}
	}
	return netip.Addr{}
}

// sourceFor is the address that the kernel would send from to the outside;
// invalid if there is no way. No packet is sent (connect(2) on UDP).
func sourceFor(ipv6 bool) netip.Addr {
	to := netip.MustParseAddrPort("198.51.100.1:9") // TEST-NET-2, RFC 5737: only the default route leads there
	if ipv6 {
		to = netip.MustParseAddrPort("[2000::1]:9") // the first of global unicast, RFC 4291
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	local, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}
	}
	if a := local.AddrPort().Addr().Unmap(); usable(a) {
		return a
	}
	return netip.Addr{}
}

func usable(a netip.Addr) bool { return a.IsGlobalUnicast() }
