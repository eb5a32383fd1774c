package nets

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
	"github.com/mocker-compose/mocker-compose/project"
)

// pool converts one entry of ipam.config.
func (r *reader) pool(n *project.Network, i int, pool *types.IPAMPool) error {
	at := func(rest ...string) []string {
		return slices.Concat([]string{"networks", n.Key, "ipam", "config", strconv.Itoa(i)}, rest)
	}
	where := fmt.Sprintf("networks.%s.ipam.config", n.Key)
	if pool.Subnet == "" {
		if pool.Gateway == "" && pool.IPRange == "" && len(pool.AuxiliaryAddresses) == 0 {
			return nil
		}
		return r.src.Fault("write subnet beside them", where+": gateway, ip_range and aux_addresses need a subnet", at()...)
	}
	subnet, err := netip.ParsePrefix(pool.Subnet)
	if err != nil {
		return r.src.Fault("write it as 10.20.0.0/24", fmt.Sprintf("%s: %q is not a subnet", where, pool.Subnet), at("subnet")...)
	}
	if err := ipam.CheckSubnet(subnet); err != nil {
		return r.src.Fault("choose another", fmt.Sprintf("%s: %v", where, err), at("subnet")...)
	}
	if off := r.familyOff(n, subnet); off != "" {
		r.src.Notice(project.Ignored, off, at("subnet")...)
		return nil
	}
	for _, o := range n.Subnets {
		if other := netip.MustParsePrefix(o.Subnet); other.Addr().Is4() == subnet.Addr().Is4() {
			return r.src.Fault("remove one of them", fmt.Sprintf("%s: %s and %s are of one family, of which a network has one subnet", where, o.Subnet, pool.Subnet), at("subnet")...)
		}
	}
	if err := r.poolAddresses(where, subnet, pool, at); err != nil {
		return err
	}
	n.Subnets = append(n.Subnets, project.Subnet{
		Subnet: subnet.Masked().String(), Gateway: pool.Gateway, IPRange: pool.IPRange, Aux: maps.Clone(pool.AuxiliaryAddresses),
	})
	return nil
}

// familyOff says why a subnet is not used, if so.
func (r *reader) familyOff(n *project.Network, subnet netip.Prefix) string {
	switch {
	case subnet.Addr().Is6() && !n.IPv6:
		return "the network has no IPv6: write enable_ipv6: true"
	case subnet.Addr().Is4() && n.NoIPv4:
		return "the network has no IPv4 (enable_ipv4: false)"
	}
	return ""
}

// poolAddresses checks what stands beside a subnet, each at its own line.
func (r *reader) poolAddresses(where string, subnet netip.Prefix, pool *types.IPAMPool, at func(...string) []string) error {
	c := ipam.Config{Subnet: subnet}
	var err error
	if pool.Gateway != "" {
		if c.Gateway, err = netip.ParseAddr(pool.Gateway); err != nil || !subnet.Contains(c.Gateway) {
			return r.src.Fault("write an address of the subnet", fmt.Sprintf("%s: the gateway %q is not in %s", where, pool.Gateway, pool.Subnet), at("gateway")...)
		}
		if _, err := ipam.NewSpace(c); err != nil {
			return r.src.Fault("write an address of the subnet", fmt.Sprintf("%s: %v", where, err), at("gateway")...)
		}
	}
	if pool.IPRange != "" {
		if c.Range, err = netip.ParsePrefix(pool.IPRange); err != nil {
			return r.src.Fault("write a part of the subnet, such as 10.20.0.128/25", fmt.Sprintf("%s: %q is not a range", where, pool.IPRange), at("ip_range")...)
		}
		if _, err := ipam.NewSpace(c); err != nil {
			return r.src.Fault("write a part of the subnet", fmt.Sprintf("%s: %v", where, err), at("ip_range")...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(pool.AuxiliaryAddresses)) {
		a, err := netip.ParseAddr(pool.AuxiliaryAddresses[name])
		if err == nil {
			c.Reserved = map[netip.Addr]string{a: name}
			_, err = ipam.NewSpace(c)
		}
		if err != nil {
			return r.src.Fault("write an address of the subnet", fmt.Sprintf("%s: aux_addresses.%s: %q is not a host address of %s", where, name, pool.AuxiliaryAddresses[name], pool.Subnet),
				at("aux_addresses", name)...)
		}
	}
	return nil
}

// spaceOf is what a network of the file has of one family; nil if the file leaves
// it open.
func spaceOf(n *project.Network, v4 bool) *ipam.Space {
	for _, pool := range n.Subnets {
		c := ipam.Config{Subnet: netip.MustParsePrefix(pool.Subnet), Reserved: map[netip.Addr]string{}}
		if c.Subnet.Addr().Is4() != v4 {
			continue
		}
		if pool.Gateway != "" {
			c.Gateway = netip.MustParseAddr(pool.Gateway)
		}
		if pool.IPRange != "" {
			c.Range = netip.MustParsePrefix(pool.IPRange)
		}
		for name, a := range pool.Aux {
			c.Reserved[netip.MustParseAddr(a)] = name
		}
		if s, err := ipam.NewSpace(c); err == nil {
			return s
		}
	}
	return nil
}
