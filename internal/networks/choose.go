package networks

import (
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
	for _, f := range []struct {
		open   bool
		choose func(string, []netip.Prefix) (netip.Prefix, error)
	}{{!n.NoIPv4 && !n.has(false), ipam.Choose}, {n.IPv6 && !n.has(true), ipam.Choose6}} {
		if !f.open {
			continue
		}
		subnet, err := f.choose(n.Name, slices.Concat(theirs, taken))
		if err != nil {
			subnet, err = f.choose(n.Name, theirs)
		}
		if err != nil {
			return fmt.Errorf("%w: give one with --subnet", err)
		}
		n.Pools = append(n.Pools, Pool{Subnet: subnet.String(), Gateway: subnet.Addr().Next().String()})
	}
	return nil
}

func (n *Network) has(six bool) bool {
	return slices.ContainsFunc(n.Subnets(), func(p netip.Prefix) bool { return p.Addr().Is6() == six })
}
