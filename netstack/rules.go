package netstack

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/netstack/firewall"
	"github.com/mocker-compose/mocker-compose/netstack/uplink"
)

// openFirewall runs in R, on the worker. Without nft there is no way out and
// services do not see their clients' addresses; the rest works.
func (s *Stack) openFirewall() error {
	t, err := firewall.Open()
	var missing *firewall.Unavailable
	if errors.As(err, &missing) {
		s.report(fmt.Sprintf("services have no way out, and see the gateway as the client of published ports: %v", err))
		return nil
	}
	s.firewall = t
	return err
}

// applyRules brings the rules in line with the networks. s.mu is held.
func (s *Stack) applyRules() error {
	if s.firewall == nil {
		return nil
	}
	var r firewall.Rules
	for _, name := range slices.Sorted(maps.Keys(s.networks)) {
		n := s.networks[name]
		net := firewall.Network{Bridge: n.bridge, Internal: n.internal}
		for _, space := range n.spaces() {
			net.Subnets, net.Gateways = append(net.Subnets, space.Subnet()), append(net.Gateways, space.Gateway())
		}
		r.Networks = append(r.Networks, net)
	}
	if plan := s.wayOut.tap.Plan; plan.Subnet.IsValid() {
		r.Uplink, r.Closed = uplink.Tap, plan.Ranges()
	}
	return s.firewall.Apply(r)
}

func (s *Stack) closeFirewall() error {
	if s.firewall == nil {
		return nil
	}
	return s.firewall.Close()
}
