package sharing

import (
	"net/netip"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/netstack"
)

// Show tells of the networks that a project is on, and who stands there, in the
// terms of the API.
func Show(stack *netstack.Stack) ([]api.Network, error) {
	all, err := stack.Usage()
	if err != nil {
		return nil, err
	}
	var out []api.Network
	for i := range all {
		n := &all[i]
		shown := api.Network{Name: n.Name, External: n.Shared, Internal: n.Internal, Isolated: n.Isolated, MTU: n.MTU, Labels: n.Labels}
		for _, s := range []struct {
			subnet  netip.Prefix
			gateway netip.Addr
		}{{n.Subnet, n.Gateway}, {n.Subnet6, n.Gateway6}} {
			if s.subnet.IsValid() {
				shown.Subnets = append(shown.Subnets, api.Subnet{Subnet: s.subnet.String(), Gateway: s.gateway.String()})
			}
		}
		for j := range n.Endpoints {
			shown.Endpoints = append(shown.Endpoints, endpoint(&n.Endpoints[j]))
		}
		out = append(out, shown)
	}
	return out, nil
}

func endpoint(e *netstack.EndpointUse) api.NetworkEndpoint {
	out := api.NetworkEndpoint{
		Container: e.Container, Interface: e.Interface, MAC: e.MAC,
		RxBytes: e.RxBytes, TxBytes: e.TxBytes, RxPackets: e.RxPackets, TxPackets: e.TxPackets,
	}
	if e.IPv4.IsValid() {
		out.IPv4 = netip.PrefixFrom(e.IPv4, e.Prefix).String()
	}
	if e.IPv6.IsValid() {
		out.IPv6 = netip.PrefixFrom(e.IPv6, e.Prefix6).String()
	}
	return out
}
