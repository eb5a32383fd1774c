package netstack

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Numbers of linux/netconf.h, whose header is the family, padded.
const (
	netconfIndex      = 1
	netconfForwarding = 2
	netconfRPFilter   = 3
	netconfAll        = ^uint32(0) // -1: conf/all
)

type netconfHead [4]byte

func (h netconfHead) Len() int          { return len(h) }
func (h netconfHead) Serialize() []byte { return h[:] }

// askInherited asks whether the namespace forwards and filters by the way of
// arrival (RTM_GETNETCONF, since Linux 3.8).
func askInherited() request {
	return newRequest(unix.RTM_GETNETCONF, 0, netconfHead{unix.AF_INET}, nl.NewRtAttr(netconfIndex, nl.Uint32Attr(netconfAll))).
		named("read conf/all")
}

// clean reports whether the answer says that it does neither.
func clean(body []byte) bool {
	if len(body) < len(netconfHead{}) {
		return false
	}
	attributes, err := nl.ParseRouteAttr(body[len(netconfHead{}):])
	if err != nil {
		return false
	}
	good := 0
	for _, a := range attributes {
		if k := a.Attr.Type; (k == netconfForwarding || k == netconfRPFilter) && len(a.Value) == 4 && nl.NativeEndian().Uint32(a.Value) == 0 {
			good++
		}
	}
	return good == 2
}

// Indexes of linux/ip.h, IPV4_DEVCONF_*.
const (
	devconfForwarding    = 1
	devconfRPFilter      = 8
	devconfARPNotify     = 22
	devconfRouteLocalnet = 26
)

// endpointSettings gives one interface its own values (rtnetlink(7),
// IFLA_AF_SPEC, IFLA_INET_CONF), whatever it has copied from conf/default, which
// is the host's. With IPv6 it also has the kernel make no address of its own, and
// with announce it tells the neighbours its hardware address when it comes up; both
// count only before that.
func endpointSettings(ipv6, announce bool) nl.NetlinkRequestData {
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
	conf := spec.AddRtAttr(unix.AF_INET, nil).AddRtAttr(inetConf, nil)
	for _, i := range []int{devconfForwarding, devconfRPFilter, devconfRouteLocalnet} {
		conf.AddRtAttr(i, nl.Uint32Attr(0))
	}
	if announce {
		conf.AddRtAttr(devconfARPNotify, nl.Uint32Attr(1))
	}
	if ipv6 {
		spec.AddRtAttr(unix.AF_INET6, nil).AddRtAttr(inet6AddrGenMode, nl.Uint8Attr(addrGenNone))
	}
	return spec
}

// Numbers of linux/if_link.h: IFLA_INET_CONF and IFLA_INET6_ADDR_GEN_MODE.
const (
	inetConf         = 1
	inet6AddrGenMode = 8
)
