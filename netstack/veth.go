package netstack

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// veth is a pair of interfaces: the outer end in R as a port of a bridge, the
// inner one in a container.
type veth struct {
	outer  string
	bridge int // interface index
	inner  string
	mac    net.HardwareAddr // of the inner end
	ns     int              // descriptor of the container's namespace
}

// vethMaker is a netlink socket in R.
type vethMaker struct {
	socket *nl.SocketHandle
}

// newVethMaker is to be called on the worker, in R. None is the library's word
// for the calling thread's namespace: it changes none.
func newVethMaker() (vethMaker, error) {
	s, err := nl.GetNetlinkSocketAt(netns.None(), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return vethMaker{}, fmt.Errorf("netlink socket: %w", err)
	}
	return vethMaker{&nl.SocketHandle{Socket: s}}, nil
}

func (m vethMaker) close() {
	if m.socket != nil {
		m.socket.Close()
	}
}

// add makes the pair in one message (rtnetlink(7), RTM_NEWLINK). The netlink
// library would send four, and each takes the kernel's one network lock. The
// inner end is made where it belongs: to move it there afterwards would cost an
// RCU grace period, about 18 ms. The outer end is up, the inner one is not.
func (m vethMaker) add(v veth) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: m.socket}
	head := nl.NewIfInfomsg(unix.AF_UNSPEC)
	head.Flags, head.Change = unix.IFF_UP, unix.IFF_UP
	req.AddData(head)
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(v.outer)))
	req.AddData(nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(MTU)))
	req.AddData(nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(v.bridge))))
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	peer := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	// Not up yet: the kernel ties the ends together afterwards, and an end
	// without the other cannot be set up (ENOTCONN).
	peer.AddChild(nl.NewIfInfomsg(unix.AF_UNSPEC))
	peer.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(v.inner))
	peer.AddRtAttr(unix.IFLA_MTU, nl.Uint32Attr(MTU))
	peer.AddRtAttr(unix.IFLA_ADDRESS, v.mac)
	peer.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(v.ns)))
	req.AddData(info)
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}
