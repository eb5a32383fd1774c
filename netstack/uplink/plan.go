package uplink

import (
	"errors"
	"net/netip"
)

// Plan is what addresses a tap has.
type Plan struct {
	Subnet  netip.Prefix // IPv4
	Subnet6 netip.Prefix // invalid: no IPv6
}

// ranges6 is where the IPv6 range comes from when the helper leaves a choice:
// unique local (RFC 4193).
var ranges6 = netip.MustParsePrefix("fd6d:6f63:6b72:ff::/64")

// MakePlan chooses ranges for the helper's tap that overlap with none of taken.
func MakePlan(h *Helper, taken []netip.Prefix) (Plan, error) {
	var p Plan
	// 10.0.2.0/24 is what people know from these programs; any other does as well.
	for third := 2; third < 255 && !p.Subnet.IsValid(); third++ {
		p.Subnet = free(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(third), 0}), 24), taken)
	}
	if !p.Subnet.IsValid() {
		return p, errors.New("no range of 10.0.0.0/16 is free for the uplink: the host's routes and the project's networks take them all")
	}
	if h.IPv6.IsValid() {
		p.Subnet6 = free(h.IPv6, taken)
	}
	return p, nil
}

// Fits reports whether the plan overlaps with none of taken.
func (p Plan) Fits(taken []netip.Prefix) bool {
	return free(p.Subnet, taken).IsValid() && (!p.Subnet6.IsValid() || free(p.Subnet6, taken).IsValid())
}

// Ranges are all ranges of the plan.
func (p Plan) Ranges() []netip.Prefix {
	if p.Subnet6.IsValid() {
		return []netip.Prefix{p.Subnet, p.Subnet6}
	}
	return []netip.Prefix{p.Subnet}
}

func free(p netip.Prefix, taken []netip.Prefix) netip.Prefix {
	for _, t := range taken {
		if t.Overlaps(p) {
			return netip.Prefix{}
		}
	}
	return p
}

// Hosts within a range, as slirp has them.
const (
	gatewayHost = 2
	ownHost     = 100
)

func host(p netip.Prefix, n byte) netip.Addr {
	b := p.Addr().AsSlice()
	b[len(b)-1] = n
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Own and Gateway are the tap's address and the helper's.
func Own(p netip.Prefix) netip.Addr     { return host(p, ownHost) }
func Gateway(p netip.Prefix) netip.Addr { return host(p, gatewayHost) }
