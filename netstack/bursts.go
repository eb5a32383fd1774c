package netstack

import "github.com/vishvananda/netlink/nl"

// burst is the most that TCP hands to an interface of ours at once, in bytes:
// the kernel's GSO_MAX_SIZE. A sender's data stay in one packet from its socket to
// the receiver's, whatever the MTU says, because no interface of ours is a wire. By
// default it is 64 KiB, and a stream takes twice as much of the processor. IPv4
// alone: in IPv6 such packets have an extension header, which rules would have to
// know.
const burst = 8 * 65535

// largeBursts are the attributes of an interface (rtnetlink(7), IFLA_GSO_IPV4_MAX_SIZE
// and IFLA_GRO_IPV4_MAX_SIZE, since Linux 6.3; older kernels ignore them).
func largeBursts() []nl.NetlinkRequestData {
	return []nl.NetlinkRequestData{
		nl.NewRtAttr(gsoIPv4MaxSize, nl.Uint32Attr(burst)),
		nl.NewRtAttr(groIPv4MaxSize, nl.Uint32Attr(burst)),
	}
}

// Numbers of linux/if_link.h.
const (
	gsoIPv4MaxSize = 63
	groIPv4MaxSize = 64
)

// widenBridge allows large bursts to the router's own sockets. A bridge is allowed
// what its ports are, so it must have one already. Where it fails all works, slower.
func widenBridge(links rtnetlink, index int) {
	_ = links.do(nil, setRequest(uint32(index), largeBursts()...).named("allow large bursts")) // see above
}
