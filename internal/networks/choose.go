package networks

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// complete chooses the subnets that are left open, and refuses those that
// overlap with another definition. taken is avoided as far as possible: what is
// there can go, while the definition stays.
func (n *Network) complete(others []Network, taken []netip.Prefix) error {
	var theirs []netip.Prefix
	for i := range others {
		for _, subnet := range others[i].Subnets() {
			theirs = append(theirs, subnet)
			if ipam.Overlaps(subnet, n.Subnets()) {
				return fmt.Errorf("the subnet overlaps with %s of network %s: choose another", subnet, others[i].Name)
			}
		}
	}
	if !n.NoIPv4 && !n.has(false) {
		subnet, err := ipam.Choose(n.Name, slices.Concat(theirs, taken))
		if err != nil {
			subnet, err = ipam.Choose(n.Name, theirs)
		}
		if err != nil {
			return fmt.Errorf("%w: give one with --subnet", err)
		}
		n.add(subnet)
	}
	if n.IPv6 && !n.has(true) {
		n.add(unique(n.Name, theirs))
	}
	return nil
}

func (n *Network) has(six bool) bool {
	return slices.ContainsFunc(n.Subnets(), func(p netip.Prefix) bool { return p.Addr().Is6() == six })
}

func (n *Network) add(subnet netip.Prefix) {
	n.Pools = append(n.Pools, Pool{Subnet: subnet.String(), Gateway: subnet.Addr().Next().String()})
}

// unique is a /64 of unique local addresses (RFC 4193) that follows from the
// name, and from a count if somebody has it.
func unique(name string, taken []netip.Prefix) netip.Prefix {
	for i := 0; ; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", name, i))
		a := [16]byte{0xfd}
		copy(a[1:8], sum[:])
		if p := netip.PrefixFrom(netip.AddrFrom16(a), 64); !ipam.Overlaps(p, taken) {
			return p
		}
	}
}
