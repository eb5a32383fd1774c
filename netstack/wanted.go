package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// wantedNetwork is a Network whose addresses have been read.
type wantedNetwork struct {
	Network
	v4, v6 ipam.Config
}

// The MTU of a network lies between what IPv4 demands (RFC 791), or IPv6 (RFC
// 8200, 5), and what a bridge can have.
const (
	minMTU, minMTU6 = 68, 1280
	maxMTU          = 65535
)

func (w wantedNetwork) mtu() int {
	if w.MTU == 0 {
		return MTU
	}
	return w.MTU
}

func parseNetwork(spec Network) (w wantedNetwork, err error) {
	w.Network = spec
	if spec.Name == "" {
		return w, errors.New("the name is empty")
	}
	if spec.NoIPv4 && !spec.IPv6 {
		return w, errors.New("it has neither IPv4 nor IPv6")
	}
	if least := map[bool]int{false: minMTU, true: minMTU6}[spec.IPv6]; spec.MTU != 0 && (spec.MTU < least || spec.MTU > maxMTU) {
		return w, fmt.Errorf("an MTU of %d is not possible: it must lie between %d and %d", spec.MTU, least, maxMTU)
	}
	if err := ether.CheckName(spec.Bridge); spec.Bridge != "" && err != nil {
		return w, fmt.Errorf("bridge: %w", err)
	}
	for _, pool := range spec.Subnets {
		c, err := parseSubnet(pool)
		if err != nil {
			return w, err
		}
		into, off := &w.v4, spec.NoIPv4
		if c.Subnet.Addr().Is6() {
			into, off = &w.v6, !spec.IPv6
		}
		switch {
		case off:
			return w, fmt.Errorf("subnet %s is of a family that is not enabled", c.Subnet)
		case into.Subnet.IsValid():
			return w, fmt.Errorf("%s and %s are subnets of one family: a network has one of each", into.Subnet, c.Subnet)
		}
		*into = c
	}
	return w, nil
}

func parseSubnet(pool Subnet) (c ipam.Config, err error) {
	if c.Subnet, err = netip.ParsePrefix(pool.Subnet); err != nil {
		return c, fmt.Errorf("subnet %q is not a range such as 10.5.0.0/24: %w", pool.Subnet, err)
	}
	c.Subnet = c.Subnet.Masked()
	if pool.Gateway != "" {
		if c.Gateway, err = netip.ParseAddr(pool.Gateway); err != nil {
			return c, fmt.Errorf("gateway %q is not an address such as 10.5.0.1: %w", pool.Gateway, err)
		}
	}
	if pool.IPRange != "" {
		if c.Range, err = netip.ParsePrefix(pool.IPRange); err != nil {
			return c, fmt.Errorf("ip_range %q is not a range such as 10.5.0.128/25: %w", pool.IPRange, err)
		}
	}
	for name, text := range pool.Aux {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return c, fmt.Errorf("aux_addresses: %s: %q is not an address such as 10.5.0.9", name, text)
		}
		if c.Reserved == nil {
			c.Reserved = map[netip.Addr]string{}
		}
		c.Reserved[a] = name
	}
	_, err = ipam.NewSpace(c)
	return c, err
}

// fits reports whether n is what is wanted, but for ranges and labels.
func (w wantedNetwork) fits(n *network) bool {
	return w.Internal == n.internal && w.Isolated == n.isolated && w.mtu() == n.mtu &&
		(w.Bridge == n.bridge || w.Bridge == "" && bridgeName(w.Name, w.Internal) == n.bridge) &&
		suits(w.v4, n.v4, !w.NoIPv4) && suits(w.v6, n.v6, w.IPv6)
}

func suits(c ipam.Config, s *ipam.Space, wanted bool) bool {
	if !wanted || s == nil {
		return !wanted && s == nil
	}
	return (!c.Subnet.IsValid() || c.Subnet == s.Subnet()) && (!c.Gateway.IsValid() || c.Gateway == s.Gateway())
}

// restrict gives a network that exists its ranges and labels, which the kernel
// does not know.
func (w wantedNetwork) restrict(n *network) error {
	n.labels = w.Labels
	for c, s := range map[*ipam.Config]*ipam.Space{&w.v4: n.v4, &w.v6: n.v6} {
		if s == nil {
			continue
		}
		if err := s.Restrict(c.Range, c.Reserved); err != nil {
			return fmt.Errorf("network %s: %w", n.name, err)
		}
	}
	return nil
}

// settings are those by which fits judges, for an error.
func (n *network) settings() string {
	var parts []string
	for _, s := range n.spaces() {
		parts = append(parts, fmt.Sprintf("subnet %s, gateway %s", s.Subnet(), s.Gateway()))
	}
	return fmt.Sprintf("%s, internal %t, mtu %d, bridge %s", strings.Join(parts, ", "), n.internal, n.mtu, n.bridge)
}
