package netstack

import (
	"errors"
	"net"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// veth is a pair of interfaces: the outer end in R as a port of a bridge, the
// inner one in a container.
type veth struct {
	outer  string
	bridge int // interface index
	inner  string
	mac    net.HardwareAddr // of the inner end
	mtu    int
	small  bool // no large bursts
	ns     int  // descriptor of the container's namespace
}

// addVeth makes the pair in one message (rtnetlink(7), RTM_NEWLINK). The netlink
// library would send four, and each takes the kernel's one network lock. The
// inner end is made where it belongs: to move it there afterwards would cost an
// RCU grace period, about 18 ms. The outer end is up, the inner one is not.
func addVeth(router rtnetlink, v veth) error {
	err := tryVeth(router, v)
	if errors.Is(err, unix.EINVAL) && !v.small {
		v.small = true // a kernel that knows of large bursts, but not for this kind
		err = tryVeth(router, v)
	}
	return err
}

func tryVeth(router rtnetlink, v veth) error {
	head := nl.NewIfInfomsg(unix.AF_UNSPEC)
	head.Flags, head.Change = unix.IFF_UP, unix.IFF_UP
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	peer := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	// Not up yet: the kernel ties the ends together afterwards, and an end
	// without the other cannot be set up (ENOTCONN).
	peer.AddChild(nl.NewIfInfomsg(unix.AF_UNSPEC))
	for _, a := range v.endAttributes(v.inner) {
		peer.AddChild(a)
	}
	peer.AddRtAttr(unix.IFLA_ADDRESS, v.mac)
	peer.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(v.ns)))
	data := append([]nl.NetlinkRequestData{head}, v.endAttributes(v.outer)...)
	data = append(data, nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(v.bridge))), info)
	return router.do(nil, newRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, data...).
		named("make veth pair %s-%s", v.outer, v.inner))
}

// endAttributes are those of either end. One queue each: by default there is
// one for each processor, and each has its directories in sysfs, while none is
// used without XDP.
func (v veth) endAttributes(name string) []nl.NetlinkRequestData {
	all := []nl.NetlinkRequestData{
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)),
		nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(v.mtu))),
		nl.NewRtAttr(unix.IFLA_NUM_TX_QUEUES, nl.Uint32Attr(1)),
		nl.NewRtAttr(unix.IFLA_NUM_RX_QUEUES, nl.Uint32Attr(1)),
	}
	if !v.small {
		all = append(all, largeBursts()...)
	}
	return all
}

// isolate keeps a bridge's port from all others that are isolated, but not from
// the bridge (bridge(8), isolated; since Linux 4.18).
func isolate(router rtnetlink, outer string) error {
	index, err := router.indexOf(outer)
	if err != nil {
		return err
	}
	head := nl.NewIfInfomsg(unix.AF_BRIDGE)
	head.Index = int32(index)
	port := nl.NewRtAttr(unix.IFLA_PROTINFO|unix.NLA_F_NESTED, nil)
	port.AddRtAttr(nl.IFLA_BRPORT_ISOLATED, nl.Uint8Attr(1))
	return router.do(nil, newRequest(unix.RTM_SETLINK, 0, head, port).named("isolate %s", outer))
}
