package networks

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Network is a definition.
type Network struct {
	Name       string            `json:"name"`
	ID         string            `json:"id"` // 64 hex digits
	Created    time.Time         `json:"created,omitzero"`
	NoIPv4     bool              `json:"no_ipv4,omitempty"`
	IPv6       bool              `json:"ipv6,omitempty"`
	Pools      []Pool            `json:"pools,omitempty"` // one of each family that is enabled
	Internal   bool              `json:"internal,omitempty"`
	Attachable bool              `json:"attachable,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	Options    map[string]string `json:"options,omitempty"` // as docker's bridge driver has them
}

// Pool is a range of addresses.
type Pool struct {
	Subnet  string            `json:"subnet"`             // CIDR
	Gateway string            `json:"gateway,omitempty"`  // "" = the first address
	IPRange string            `json:"ip_range,omitempty"` // CIDR from which addresses are chosen; "" = the subnet
	Aux     map[string]string `json:"aux,omitempty"`      // addresses that are not given out, by what has them
}

// Driver is the only one.
const Driver = "bridge"

// reserved are the names of docker's networks that are always there.
var reserved = []string{"bridge", "host", "none", "default", "container"}

// CheckName refuses what cannot be a network's name.
func CheckName(name string) error {
	ok := name != "" && len(name) <= 200
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		ok = ok && (letter || i > 0 && strings.ContainsRune("_.-", c))
	}
	if !ok {
		return fmt.Errorf("%q is not a network's name: use letters, digits and, behind the first, _ . -", name)
	}
	if slices.Contains(reserved, name) {
		return fmt.Errorf("operation is not permitted on predefined %s network", name)
	}
	return nil
}

// Subnets are the ranges of the network.
func (n *Network) Subnets() (out []netip.Prefix) {
	for _, p := range n.Pools {
		if s, err := netip.ParsePrefix(p.Subnet); err == nil {
			out = append(out, s.Masked())
		}
	}
	return out
}

// check refuses a definition with mistakes and brings its pools to their
// canonical form. Errors name what is wrong.
func (n *Network) check() error {
	if err := CheckName(n.Name); err != nil {
		return err
	}
	if n.NoIPv4 && !n.IPv6 {
		return fmt.Errorf("IPv4 or IPv6 must be enabled")
	}
	if _, err := n.Settings(); err != nil {
		return err
	}
	seen := map[bool]bool{}
	for i := range n.Pools {
		subnet, err := n.Pools[i].check()
		if err != nil {
			return err
		}
		six := subnet.Addr().Is6()
		switch {
		case seen[six]:
			return fmt.Errorf("subnet %s: a network has one subnet of each address family", subnet)
		case six && !n.IPv6:
			return fmt.Errorf("subnet %s: IPv6 is not enabled for the network: add --ipv6", subnet)
		case !six && n.NoIPv4:
			return fmt.Errorf("subnet %s: IPv4 is disabled for the network: leave out --ipv4=false", subnet)
		}
		seen[six] = true
	}
	return nil
}

// Bounds of the prefix length of a subnet: below, its addresses are more than
// anybody can use; above, there is none left beside the gateway.
func bounds(six bool) (shortest, longest int) {
	if six {
		return 16, 125
	}
	return 8, 29
}

// check reads a pool and returns its subnet.
func (p *Pool) check() (netip.Prefix, error) {
	subnet, err := netip.ParsePrefix(p.Subnet)
	if err != nil {
		return subnet, fmt.Errorf("invalid subnet %q: write it as 10.20.0.0/24", p.Subnet)
	}
	if shortest, longest := bounds(subnet.Addr().Is6()); subnet.Bits() < shortest || subnet.Bits() > longest {
		return subnet, fmt.Errorf("invalid subnet %q: the prefix length must lie between %d and %d", p.Subnet, shortest, longest)
	}
	if subnet != subnet.Masked() {
		return subnet, fmt.Errorf("invalid subnet %s: it should be %s", subnet, subnet.Masked())
	}
	p.Subnet = subnet.String()
	if p.Gateway == "" {
		p.Gateway = subnet.Addr().Next().String()
	} else if p.Gateway, err = member(subnet, p.Gateway); err != nil {
		return subnet, fmt.Errorf("invalid gateway: %w", err)
	}
	for name, a := range p.Aux {
		if p.Aux[name], err = member(subnet, a); err != nil {
			return subnet, fmt.Errorf("invalid auxiliary address %s: %w", name, err)
		}
	}
	if p.IPRange == "" {
		return subnet, nil
	}
	r, err := netip.ParsePrefix(p.IPRange)
	if err != nil || r.Bits() < subnet.Bits() || !subnet.Contains(r.Addr()) {
		return subnet, fmt.Errorf("invalid ip-range %q: it does not lie in subnet %s", p.IPRange, subnet)
	}
	p.IPRange = r.Masked().String()
	return subnet, nil
}

func member(subnet netip.Prefix, text string) (string, error) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return "", fmt.Errorf("%q is not an address", text)
	}
	if !subnet.Contains(a) || a == subnet.Addr() {
		return "", fmt.Errorf("%s is no host's address in subnet %s", a, subnet)
	}
	return a.String(), nil
}
