package netstack

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/netstack/settings"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// port is an endpoint to be made.
type port struct {
	EndpointInfo
	bridge   int       // index of the network's bridge
	links    rtnetlink // of the bridge's namespace
	mtu      int
	isolated bool
	widen    bool // the bridge is to allow large bursts, when the pair is made
	announce bool // neighbours may know another hardware address for its addresses
	route4   bool // its gateway is the namespace's
	route6   bool
}

// portsOf looks up the bridges of endpoints, and which of them give a default
// route; all are the endpoints of the namespace, of which these are some.
func (s *Stack) portsOf(all, endpoints []EndpointInfo) ([]port, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ports []port
	route4, route6 := s.defaultRoute4(all), s.defaultRoute6(all)
	for _, e := range endpoints {
		n := s.networks[e.Network]
		if n == nil {
			return nil, fmt.Errorf("network %s was removed meanwhile", e.Network)
		}
		ports = append(ports, port{
			EndpointInfo: e, bridge: n.index, links: n.links, mtu: n.mtu, isolated: n.isolated, announce: n.odd[e.IPv4] || n.odd[e.IPv6], widen: !n.wide,
			route4: route4 >= 0 && all[route4].Network == e.Network,
			route6: s.way6 && route6 >= 0 && all[route6].Network == e.Network,
		})
		n.wide = true
	}
	return ports, nil
}

// wantsIPv6 reports whether any endpoint has an IPv6 address.
func wantsIPv6(ports []port) bool {
	for _, p := range ports {
		if p.IPv6.IsValid() {
			return true
		}
	}
	return false
}

// attachAll makes endpoints: first all pairs, then, in one packet to the
// container's namespace, all that is to be said about the inner ends. When the
// namespace goes, so do both ends; nothing else needs undoing then. It runs on
// the worker in ns, for a new namespace and for one in use alike; born says
// whether interfaces come with IPv6 there.
func attachAll(ns *os.File, inside rtnetlink, ports []port, born bool) error {
	var requests []request
	for _, p := range ports {
		mac, err := ether.ParseMAC(p.MAC)
		if err == nil {
			err = makePair(ns, p, mac)
		}
		if err == nil {
			err = settings.InterfaceIPv6(p.Interface, p.IPv6.IsValid(), born)
		}
		if err == nil && p.IPv6.IsValid() && p.announce {
			err = settings.AnnounceIPv6(p.Interface)
		}
		var index uint32
		if err == nil {
			index, err = inside.indexOf(p.Interface)
		}
		if err != nil {
			return fmt.Errorf("network %s: %w", p.Network, err)
		}
		requests = append(requests, p.requests(index, mac)...)
	}
	if len(requests) == 0 {
		return nil
	}
	err := inside.do(nil, requests...)
	for _, p := range ports {
		err = errors.Join(err, applySysctls(p.EndpointInfo))
	}
	return err
}

// applySysctls sets what the file demands of an interface, in the calling thread's
// namespace.
func applySysctls(e EndpointInfo) error {
	for _, text := range e.Sysctls {
		key, value, _ := strings.Cut(text, "=")
		parts := strings.Split(key, ".")
		if len(parts) != 5 || parts[3] != "IFNAME" || strings.ContainsRune(key, '/') {
			return fmt.Errorf("network %s: %q is not a setting of an interface", e.Network, text)
		}
		parts[3] = e.Interface
		if err := settings.Apply([]settings.Setting{{Key: strings.Join(parts[1:], "/"), Value: value}}); err != nil {
			return fmt.Errorf("network %s: %w", e.Network, err)
		}
	}
	return nil
}

// makePair makes one pair, whose inner end stays down.
func makePair(ns *os.File, p port, mac net.HardwareAddr) error {
	err := sock.With(ns, func(fd int) error {
		return addVeth(p.links, veth{outer: p.RouterEnd, bridge: p.bridge, inner: p.Interface, mac: mac, mtu: p.mtu, ns: fd})
	})
	if errors.Is(err, unix.EOPNOTSUPP) {
		return &cause.Error{Doing: fmt.Sprintf("make veth pair %s-%s", p.RouterEnd, p.Interface), Err: unix.EOPNOTSUPP, Cause: cause.Veth(cause.Here())}
	}
	if err == nil && p.widen {
		widenBridge(p.links, p.bridge)
	}
	if err == nil && p.isolated {
		err = isolate(p.links, p.RouterEnd)
	}
	return err
}

// requests are what is to be said about the inner end, in this order: its
// addresses, then up, then routes by it.
func (p port) requests(index uint32, mac net.HardwareAddr) (all []request) {
	settings := []nl.NetlinkRequestData{endpointSettings(p.IPv6.IsValid(), p.announce)}
	if p.IPv6.IsValid() || p.announce {
		all = append(all, setRequest(index, settings...).named("network %s: settings of %s", p.Network, p.Interface))
		settings = nil
	}
	for _, a := range addressesOf(p.EndpointInfo, mac) {
		all = append(all, addressRequest(index, a).named("network %s: give %s the address %s", p.Network, p.Interface, a.Addr()))
	}
	all = append(all, upRequest(index, settings...).named("network %s: set %s up", p.Network, p.Interface))
	if p.route4 {
		all = append(all, routeRequest(unix.RTM_NEWROUTE, index, p.Gateway).named("network %s: default route by %s", p.Network, p.Gateway))
	}
	if p.route6 {
		all = append(all, routeRequest(unix.RTM_NEWROUTE, index, p.Gateway6).named("network %s: default route by %s", p.Network, p.Gateway6))
	}
	return all
}

// addressRequest gives an interface an address, in its subnet, which counts at
// once: no two endpoints have the same.
func addressRequest(index uint32, p netip.Prefix) request {
	head := nl.NewIfAddrmsg(sock.Family(p.Addr()))
	head.Prefixlen, head.Index = uint8(p.Bits()), index
	address := p.Addr().AsSlice()
	data := []nl.NetlinkRequestData{head, nl.NewRtAttr(unix.IFA_LOCAL, address), nl.NewRtAttr(unix.IFA_ADDRESS, address)}
	switch {
	case p.Addr().Is6():
		head.Flags = unix.IFA_F_NODAD
	case p.Bits() < 31:
		broadcast := p.Addr().As4()
		for i, m := range net.CIDRMask(p.Bits(), 32) {
			broadcast[i] |= ^m
		}
		data = append(data, nl.NewRtAttr(unix.IFA_BROADCAST, broadcast[:]))
	}
	if p.Addr().IsLinkLocalUnicast() {
		head.Scope = unix.RT_SCOPE_LINK // not to be used towards others
	}
	return newRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, data...)
}

// routeRequest makes (RTM_NEWROUTE) or deletes (RTM_DELROUTE) the default route of
// the gateway's family.
func routeRequest(kind int, index uint32, gateway netip.Addr) request {
	head, flags := nl.NewRtMsg(), unix.NLM_F_CREATE|unix.NLM_F_EXCL
	if kind == unix.RTM_DELROUTE {
		head, flags = nl.NewRtDelMsg(), 0
	}
	head.Family = uint8(sock.Family(gateway))
	return newRequest(kind, flags, head,
		nl.NewRtAttr(unix.RTA_GATEWAY, gateway.AsSlice()), nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(index)))
}
