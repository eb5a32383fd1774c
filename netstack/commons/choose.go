package commons

import (
	"fmt"
	"net/netip"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// Ranges are the addresses of a network; one without a subnet is a family that it
// is without.
type Ranges struct{ V4, V6 ipam.Config }

// Choose finds an address of each family, the one that is asked for or the next
// behind the last, and returns it as the last. members are all that have addresses.
func (r Ranges) Choose(members []Member, ask4, ask6, owner string) (p Place, last Last, err error) {
	owners := Owners(members)
	last = Latest(members)
	last.Number++
	if p.IPv4, err = choose(r.V4, owners, &last.IPv4, ask4, owner); err == nil {
		p.IPv6, err = choose(r.V6, owners, &last.IPv6, ask6, owner)
	}
	return p, last, err
}

func choose(c ipam.Config, owners map[netip.Addr]string, last *netip.Addr, ask, owner string) (a netip.Addr, err error) {
	switch {
	case !c.Subnet.IsValid() && ask != "":
		return a, fmt.Errorf("%s: the network has no addresses of that family", ask)
	case !c.Subnet.IsValid():
		return a, nil
	}
	space, err := ipam.NewSpace(c)
	if err != nil {
		return a, err
	}
	for a, who := range owners {
		if c.Subnet.Contains(a) {
			if err := space.Take(a, who); err != nil {
				return a, err
			}
		}
	}
	if ask == "" {
		space.Continue(*last)
		if a, err = space.Next(owner); err == nil {
			*last = a
		}
		return a, err
	}
	if a, err = netip.ParseAddr(ask); err != nil {
		return a, fmt.Errorf("%q is not an address", ask)
	}
	return a, space.Take(a, owner)
}
