package netstack

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// newLinkName is a fresh name for the router's end of a veth pair. Fresh,
// because the kernel takes a namespace apart some time after its last user has
// gone, and until then the old name is taken.
func newLinkName() string {
	var b [5]byte
	rand.Read(b[:]) //nolint:errcheck // never fails (crypto/rand)
	return "mcv" + hex.EncodeToString(b[:])
}

// port is an endpoint to be made.
type port struct {
	EndpointInfo
	bridge int  // index of the network's bridge
	routes bool // its gateway is the namespace's
}

// portsOf looks up the bridges of a sandbox's endpoints. The first endpoint on a
// network that is not internal gives the default route.
func (s *Stack) portsOf(sb *Sandbox) ([]port, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ports []port
	routed := false
	for _, e := range sb.endpoints {
		n := s.networks[e.Network]
		if n == nil {
			return nil, fmt.Errorf("network %s was removed meanwhile", e.Network)
		}
		ports = append(ports, port{EndpointInfo: e, bridge: n.index, routes: !routed && !n.internal})
		routed = routed || !n.internal
	}
	return ports, nil
}

// attachAll makes the endpoints: first all pairs, then, in one packet to the
// container's namespace, all that is to be said about the inner ends. When the
// namespace goes, so do both ends; nothing else needs undoing.
func (s *Stack) attachAll(ns *os.File, inside rtnetlink, ports []port) error {
	var requests []request
	for _, p := range ports {
		index, err := s.attach(ns, inside, p)
		if err != nil {
			return fmt.Errorf("network %s: %w", p.Network, err)
		}
		requests = append(requests,
			addressRequest(index, p.EndpointInfo),
			upRequest(index, endpointSettings()).named("network %s: set %s up", p.Network, p.Interface))
		if p.routes {
			requests = append(requests, defaultRouteRequest(p.EndpointInfo))
		}
	}
	if len(requests) == 0 {
		return nil
	}
	return inside.do(nil, requests...)
}

// attach makes one pair and returns the index of the inner end.
func (s *Stack) attach(ns *os.File, inside rtnetlink, p port) (uint32, error) {
	mac, err := net.ParseMAC(p.MAC)
	if err != nil {
		return 0, err
	}
	err = withFD(ns, func(fd int) error {
		return addVeth(s.links, veth{outer: p.RouterEnd, bridge: p.bridge, inner: p.Interface, mac: mac, ns: fd})
	})
	if err != nil {
		return 0, err
	}
	return inside.indexOf(p.Interface)
}

// addressRequest gives an interface its address, in its subnet.
func addressRequest(index uint32, e EndpointInfo) request {
	head := nl.NewIfAddrmsg(unix.AF_INET)
	head.Prefixlen, head.Index = uint8(e.Prefix), index
	address := e.IPv4.AsSlice()
	data := []nl.NetlinkRequestData{head, nl.NewRtAttr(unix.IFA_LOCAL, address), nl.NewRtAttr(unix.IFA_ADDRESS, address)}
	if e.Prefix < 31 {
		broadcast := e.IPv4.As4()
		for i, m := range net.CIDRMask(e.Prefix, 32) {
			broadcast[i] |= ^m
		}
		data = append(data, nl.NewRtAttr(unix.IFA_BROADCAST, broadcast[:]))
	}
	return newRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, data...).
		named("network %s: give %s the address %s", e.Network, e.Interface, e.IPv4)
}

func defaultRouteRequest(e EndpointInfo) request {
	head := nl.NewRtMsg()
	head.Family = unix.AF_INET
	return newRequest(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, head, nl.NewRtAttr(unix.RTA_GATEWAY, e.Gateway.AsSlice())).
		named("network %s: default route by %s", e.Network, e.Gateway)
}
