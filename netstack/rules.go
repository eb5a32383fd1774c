package netstack

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/mocker-compose/mocker-compose/netstack/egress"
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

// applyRules brings the relay and the rules in line with the networks. s.mu is
// held.
func (s *Stack) applyRules() error {
	if s.firewall == nil {
		return nil
	}
	var r firewall.Rules
	var links []egress.Link
	var subnets []netip.Prefix
	for _, name := range slices.Sorted(maps.Keys(s.networks)) {
		n := s.networks[name]
		rules, link := firewall.Network{Bridge: n.bridge, Internal: n.internal}, egress.Link{Bridge: n.bridge}
		for _, space := range n.spaces() {
			rules.Subnets, rules.Gateways = append(rules.Subnets, space.Subnet()), append(rules.Gateways, space.Gateway())
			link.Gateways = append(link.Gateways, netip.PrefixFrom(space.Gateway(), space.Subnet().Bits()))
		}
		r.Networks, subnets = append(r.Networks, rules), append(subnets, rules.Subnets...)
		if !n.internal {
			links = append(links, link)
		}
	}
	if err := s.wantRelay(len(links) > 0 && s.wayOut.name == Relay); err != nil {
		return err
	}
	if s.relay != nil {
		var err error
		if r.Hold, err = s.relay.SetLinks(links, subnets); err != nil {
			return fmt.Errorf("the way out: %w", err)
		}
		p := s.relay.Ports()
		r.TCP4, r.TCP6, r.UDP4, r.UDP6 = p.TCP4, p.TCP6, p.UDP4, p.UDP6
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
