package netstack

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// newLinkName is a fresh name for the router's end of a veth pair. Fresh,
// because the kernel takes a namespace apart some time after its last user has
// gone, and until then the old name is taken.
func newLinkName() string {
	var b [5]byte
	rand.Read(b[:]) //nolint:errcheck // never fails (crypto/rand)
	return "mcv" + hex.EncodeToString(b[:])
}

// reserveEndpoint takes the addresses of a new endpoint of a sandbox. s.mu is held.
func (s *Stack) reserveEndpoint(sb *Sandbox, e EndpointSpec) (info EndpointInfo, err error) {
	n := s.networks[e.Network]
	if n == nil {
		return info, fmt.Errorf("network %s does not exist", e.Network)
	}
	info = EndpointInfo{Network: e.Network, Interface: e.Interface, GatewayPriority: e.GatewayPriority, Sysctls: e.Sysctls, RouterEnd: newLinkName()}
	if info.Interface == "" {
		info.Interface = sb.freeInterface()
	} else if err := ether.CheckName(info.Interface); err != nil {
		return info, fmt.Errorf("network %s: %w", e.Network, err)
	}
	for _, text := range e.LinkLocal {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return info, fmt.Errorf("network %s: link_local_ips: %q is not an address such as 169.254.8.8", e.Network, text)
		}
		if a.Is6() && n.v6 == nil {
			return info, fmt.Errorf("network %s: link_local_ips: %s: the network has no IPv6", e.Network, a)
		}
		info.LinkLocal = append(info.LinkLocal, a)
	}
	defer func() {
		if err != nil {
			s.releaseEndpoint(info, sb.id)
			err = fmt.Errorf("address on network %s: %w", e.Network, err)
		}
	}()
	if e, err = s.lease(n, sb, e); err != nil {
		return info, err
	}
	if info.IPv4, err = take(n.v4, e.IPv4, sb.id, "IPv4"); err != nil {
		return info, err
	}
	if n.v4 != nil {
		info.Prefix, info.Gateway = n.v4.Subnet().Bits(), n.v4.Gateway()
	}
	if info.IPv6, err = take(n.v6, e.IPv6, sb.id, "IPv6"); err != nil {
		return info, err
	}
	if n.v6 != nil {
		info.Prefix6, info.Gateway6 = n.v6.Subnet().Bits(), n.v6.Gateway()
	}
	info.MAC = ether.MACFor(cmp.Or(info.IPv4, info.IPv6)).String()
	if e.MAC != "" {
		mac, err := ether.ParseMAC(e.MAC)
		if err != nil {
			return info, err
		}
		info.MAC = mac.String()
	}
	n.remember(info)
	return info, nil
}

// remember notes a hardware address that does not follow from the address.
func (n *network) remember(e EndpointInfo) {
	if e.MAC == ether.MACFor(cmp.Or(e.IPv4, e.IPv6)).String() {
		return
	}
	if n.odd == nil {
		n.odd = map[netip.Addr]bool{}
	}
	for _, a := range e.Addresses() {
		n.odd[a] = true
	}
}

// take takes an address of one family: the one that is asked for, or the next.
func take(space *ipam.Space, asked, owner, family string) (a netip.Addr, err error) {
	switch {
	case space == nil && asked != "":
		return a, fmt.Errorf("%s: the network has no %s", asked, family)
	case space == nil:
		return a, nil
	case asked == "":
		return space.Next(owner)
	}
	if a, err = netip.ParseAddr(asked); err != nil {
		return a, err
	}
	if err = space.Take(a, owner); err != nil {
		return netip.Addr{}, err // not ours to release
	}
	return a, nil
}

// freeInterface is the first of eth0, eth1 … that no endpoint has, or asks for.
func (sb *Sandbox) freeInterface() string {
	taken := map[string]bool{}
	for _, e := range sb.endpoints {
		taken[e.Interface] = true
	}
	for _, e := range sb.spec.Endpoints {
		taken[e.Interface] = true
	}
	for i := 0; ; i++ {
		if name := fmt.Sprintf("eth%d", i); !taken[name] {
			return name
		}
	}
}

// releaseEndpoint gives an endpoint's addresses back. s.mu is held.
func (s *Stack) releaseEndpoint(e EndpointInfo, id string) {
	n := s.networks[e.Network]
	if n == nil {
		return
	}
	if n.shared != nil {
		s.unlease(n, id)
	}
	if n.v4 != nil {
		n.v4.Release(e.IPv4, id)
	}
	if n.v6 != nil {
		n.v6.Release(e.IPv6, id)
	}
}

// defaultRoute is the index of the endpoint whose gateway is the namespace's in
// one family, -1 for none: of those with a way out, the one with the highest
// priority, among equals the first by the network's name. s.mu is held.
func (s *Stack) defaultRoute(endpoints []EndpointInfo, address func(EndpointInfo) netip.Addr) int {
	best := -1
	for i, e := range endpoints {
		n := s.networks[e.Network]
		if n == nil || n.internal || !address(e).IsValid() {
			continue
		}
		if best < 0 || cmp.Or(cmp.Compare(e.GatewayPriority, endpoints[best].GatewayPriority), cmp.Compare(endpoints[best].Network, e.Network)) > 0 {
			best = i
		}
	}
	return best
}

func (s *Stack) defaultRoute4(endpoints []EndpointInfo) int {
	return s.defaultRoute(endpoints, func(e EndpointInfo) netip.Addr { return e.IPv4 })
}

// defaultRoute6 has an answer also while the host has no way out by IPv6.
func (s *Stack) defaultRoute6(endpoints []EndpointInfo) int {
	return s.defaultRoute(endpoints, func(e EndpointInfo) netip.Addr { return e.IPv6 })
}
