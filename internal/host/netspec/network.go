package netspec

import (
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
)

// Network is a network of the file in the terms of the stack.
func Network(n project.Network) netstack.Network {
	spec := netstack.Network{
		Name: n.Name, NoIPv4: n.NoIPv4, IPv6: n.IPv6, Internal: n.Internal, Isolated: n.Isolated,
		MTU: n.MTU, Bridge: n.Bridge, Labels: n.Labels,
	}
	for _, pool := range n.Subnets {
		spec.Subnets = append(spec.Subnets, netstack.Subnet(pool))
	}
	return spec
}
