package netstack

import (
	"net"
	"net/netip"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
)

// addrGenNone: an interface gets no link-local address by itself
// (IN6_ADDR_GEN_MODE_NONE of linux/if_link.h). It gets one from us, which counts
// at once: detection of duplicates would keep it back for a second or two.
const addrGenNone = 1

// addressesOf are all addresses of an endpoint's interface, those of the network
// first: the kernel prefers the first of a family as its own.
func addressesOf(e EndpointInfo, mac net.HardwareAddr) (all []netip.Prefix) {
	if e.IPv4.IsValid() {
		all = append(all, netip.PrefixFrom(e.IPv4, e.Prefix))
	}
	if e.IPv6.IsValid() {
		all = append(all, netip.PrefixFrom(e.IPv6, e.Prefix6), netip.PrefixFrom(ether.LinkLocal(mac), 64))
	}
	for _, a := range e.LinkLocal {
		// docker's: the whole of link-local space is on the link (RFC 3927, RFC 4291).
		all = append(all, netip.PrefixFrom(a, map[bool]int{true: 16, false: 64}[a.Is4()]))
	}
	return all
}
