package ipam

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
)

// ErrFull says that no address of a range is free.
var ErrFull = errors.New("no free address is left")

// Config says what addresses a [Space] has.
type Config struct {
	Subnet netip.Prefix
	// Gateway is the bridge's own address; invalid = the first of the subnet.
	Gateway netip.Addr
	// Range is the part of the subnet from which Next takes; invalid = all of it.
	Range netip.Prefix
	// Reserved are addresses that Next passes over, with what has them.
	Reserved map[netip.Addr]string
}

// Space hands out the addresses of one subnet, of either family. It is not safe
// for concurrent use.
type Space struct {
	subnet   netip.Prefix
	pool     netip.Prefix
	gateway  netip.Addr
	reserved map[netip.Addr]string
	owners   map[netip.Addr]string
	next     uint64 // place in the pool above the address handed out last
}

// NewSpace makes a space. The error says which part of c cannot be.
func NewSpace(c Config) (*Space, error) {
	if err := CheckSubnet(c.Subnet); err != nil {
		return nil, err
	}
	s := &Space{subnet: c.Subnet.Masked(), gateway: c.Gateway, owners: map[netip.Addr]string{}}
	if !s.gateway.IsValid() {
		s.gateway = s.subnet.Addr().Next()
	}
	if !s.usable(s.gateway) {
		return nil, fmt.Errorf("gateway %s is not a host address of subnet %s", s.gateway, s.subnet)
	}
	return s, s.Restrict(c.Range, c.Reserved)
}

// Restrict sets anew from which range Next takes, and what it passes over.
// Addresses that are in use stay so.
func (s *Space) Restrict(pool netip.Prefix, reserved map[netip.Addr]string) error {
	if !pool.IsValid() {
		pool = s.subnet
	}
	if pool = pool.Masked(); pool.Bits() < s.subnet.Bits() || !s.subnet.Contains(pool.Addr()) {
		return fmt.Errorf("ip_range %s is not a part of subnet %s", pool, s.subnet)
	}
	for a, name := range reserved {
		if !s.usable(a) {
			return fmt.Errorf("aux_addresses: %s: %s is not a host address of subnet %s", name, a, s.subnet)
		}
	}
	if s.pool != pool {
		s.pool, s.next = pool, 0
	}
	s.reserved = maps.Clone(reserved)
	return nil
}

// CheckSubnet says why a range cannot be a subnet, if so.
func CheckSubnet(p netip.Prefix) error {
	if !p.IsValid() || p.Addr().Is4In6() {
		return fmt.Errorf("subnet %s is not a range such as 10.5.0.0/24 or fd00:5::/64", p)
	}
	longest, shortest := 30, 8
	if p.Addr().Is6() {
		longest, shortest = 126, 8
	}
	if p.Bits() > longest || p.Bits() < shortest {
		return fmt.Errorf("subnet %s: the prefix length must lie between %d and %d", p, shortest, longest)
	}
	for _, s := range special {
		if p.Overlaps(s) {
			return fmt.Errorf("subnet %s: %s is no range of hosts", p, s)
		}
	}
	return nil
}

// special ranges are not for hosts (RFC 6890): this host, loopback, multicast and
// what is above; unspecified and loopback, link-local, multicast.
var special = []netip.Prefix{
	netip.PrefixFrom(netip.AddrFrom4([4]byte{0}), 8),
	netip.PrefixFrom(netip.AddrFrom4([4]byte{127}), 8),
	netip.PrefixFrom(netip.AddrFrom4([4]byte{224}), 3),
	netip.PrefixFrom(netip.IPv6Unspecified(), 16),
	netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfe, 0x80}), 10),
	netip.PrefixFrom(netip.AddrFrom16([16]byte{0xff}), 8),
}

// Subnet returns the range, with its host bits zero.
func (s *Space) Subnet() netip.Prefix { return s.subnet }

// Gateway returns the address that is the bridge's own.
func (s *Space) Gateway() netip.Addr { return s.gateway }

// Next hands out a free address to owner, or returns [ErrFull].
func (s *Space) Next(owner string) (netip.Addr, error) {
	size := s.size()
	// Each step finds a free address, or one of these that are none.
	steps := min(size, uint64(len(s.owners)+len(s.reserved))+4)
	for i := range steps {
		place := (s.next + i) % size
		if a := plus(s.pool.Addr(), place); s.free(a) {
			s.owners[a], s.next = owner, place+1
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("range %s of subnet %s: %w: widen it, or take services down", s.pool, s.subnet, ErrFull)
}

// Take gives a certain address to owner. To take one's own address again is
// no error. A reserved one can be taken: the file says both.
func (s *Space) Take(a netip.Addr, owner string) error {
	switch {
	case !s.usable(a):
		return fmt.Errorf("address %s is not a host address of subnet %s", a, s.subnet)
	case a == s.gateway:
		return fmt.Errorf("address %s is the gateway of subnet %s", a, s.subnet)
	case s.owners[a] != "" && s.owners[a] != owner:
		return fmt.Errorf("address %s of subnet %s is in use by %s", a, s.subnet, s.owners[a])
	}
	s.owners[a] = owner
	return nil
}

// Resume lets Next go on above every address that is in use: after an adoption
// the ones below may have been given back a moment ago.
func (s *Space) Resume() {
	for a := range s.owners {
		if s.pool.Contains(a) {
			s.next = max(s.next, minus(a, s.pool.Addr())+1)
		}
	}
}

// Release gives an address back. One that is not owner's stays as it is.
func (s *Space) Release(a netip.Addr, owner string) {
	if s.owners[a] == owner {
		delete(s.owners, a)
	}
}

// Owners lists who has an address, sorted, each once.
func (s *Space) Owners() []string {
	return slices.Compact(slices.Sorted(maps.Values(s.owners)))
}

// InUse returns the number of addresses handed out.
func (s *Space) InUse() int { return len(s.owners) }

func (s *Space) free(a netip.Addr) bool {
	return s.usable(a) && a != s.gateway && s.owners[a] == "" && s.reserved[a] == ""
}

// usable reports whether a is neither outside, nor the network's or the
// broadcast address. IPv6 has no broadcast; the first address is all routers'
// (RFC 4291, 2.6.1).
func (s *Space) usable(a netip.Addr) bool {
	if !s.subnet.Contains(a) || a == s.subnet.Addr() || a.Zone() != "" {
		return false
	}
	return a.Is6() || s.subnet.Contains(a.Next())
}

// size is the number of addresses in the pool, of an IPv6 one at most 2^63.
func (s *Space) size() uint64 {
	return 1 << min(63, s.pool.Addr().BitLen()-s.pool.Bits())
}

// Continue lets Next go on behind an address, which was handed out last by
// somebody else.
func (s *Space) Continue(behind netip.Addr) {
	if s.pool.Contains(behind) {
		s.next = minus(behind, s.pool.Addr()) + 1
	}
}
