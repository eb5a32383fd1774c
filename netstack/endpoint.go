package netstack

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"

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

// attachAll makes the sandbox's endpoints: first all pairs, then, in one packet
// to the container's namespace, all that is to be said about the inner ends.
// When the namespace goes, so do both ends; nothing else needs undoing.
func (s *Stack) attachAll(sb *Sandbox, inside rtnetlink) error {
	var requests []request
	routed := false
	for _, e := range sb.endpoints {
		s.mu.Lock()
		n := s.networks[e.Network]
		s.mu.Unlock()
		if n == nil {
			return fmt.Errorf("network %s was removed meanwhile", e.Network)
		}
		index, err := s.attach(sb, inside, e, n.index)
		if err != nil {
			return fmt.Errorf("network %s: %w", e.Network, err)
		}
		requests = append(requests,
			addressRequest(index, e),
			upRequest(index, endpointSettings()).named("network %s: set %s up", e.Network, e.Interface))
		if !routed && !n.internal {
			requests = append(requests, defaultRouteRequest(e))
			routed = true
		}
	}
	if len(requests) == 0 {
		return nil
	}
	return inside.do(nil, requests...)
}

// attach makes one pair and returns the index of the inner end.
func (s *Stack) attach(sb *Sandbox, inside rtnetlink, e EndpointInfo, bridge int) (uint32, error) {
	mac, err := net.ParseMAC(e.MAC)
	if err != nil {
		return 0, err
	}
	err = withFD(sb.ns, func(fd int) error {
		return s.veths.add(veth{outer: e.RouterEnd, bridge: bridge, inner: e.Interface, mac: mac, ns: fd})
	})
	if err != nil {
		return 0, err
	}
	return inside.indexOf(e.Interface)
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
