package ipam

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// ErrFull says that no address of a subnet is free.
var ErrFull = errors.New("no free address is left")

// Space hands out the addresses of one subnet. It is not safe for concurrent
// use.
type Space struct {
	subnet  netip.Prefix
	gateway netip.Addr
	owners  map[netip.Addr]string
	last    uint32 // the address handed out last
}

// NewSpace makes the space of an IPv4 subnet. An invalid gateway means its
// first address. The error says which of the two cannot be.
func NewSpace(subnet netip.Prefix, gateway netip.Addr) (*Space, error) {
	if !subnet.IsValid() || !subnet.Addr().Is4() {
		return nil, fmt.Errorf("subnet %s is not an IPv4 range such as 10.5.0.0/24", subnet)
	}
	if subnet.Bits() > 29 || subnet.Bits() < 8 {
		return nil, fmt.Errorf("subnet %s: the prefix length must lie between 8 and 29", subnet)
	}
	s := &Space{subnet: subnet.Masked(), owners: map[netip.Addr]string{}}
	if !gateway.IsValid() {
		gateway = s.subnet.Addr().Next()
	}
	if !s.usable(gateway) {
		return nil, fmt.Errorf("gateway %s is not a host address of subnet %s", gateway, s.subnet)
	}
	s.gateway = gateway
	s.last = toUint(s.subnet.Addr())
	return s, nil
}

// Subnet returns the range, with its host bits zero.
func (s *Space) Subnet() netip.Prefix { return s.subnet }

// Gateway returns the address that is the bridge's own.
func (s *Space) Gateway() netip.Addr { return s.gateway }

// Next hands out a free address to owner, or returns [ErrFull].
func (s *Space) Next(owner string) (netip.Addr, error) {
	first, size := toUint(s.subnet.Addr()), uint32(1)<<(32-s.subnet.Bits())
	for i := uint32(1); i <= size; i++ {
		a := fromUint(first + (s.last-first+i)%size)
		if s.usable(a) && a != s.gateway && s.owners[a] == "" {
			s.owners[a], s.last = owner, toUint(a)
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("subnet %s: %w", s.subnet, ErrFull)
}

// Take gives a certain address to owner. To take one's own address again is
// no error.
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
		s.last = max(s.last, toUint(a))
	}
}

// Release gives an address back. One that is not owner's stays as it is.
func (s *Space) Release(a netip.Addr, owner string) {
	if s.owners[a] == owner {
		delete(s.owners, a)
	}
}

// InUse returns the number of addresses handed out.
func (s *Space) InUse() int { return len(s.owners) }

// usable reports whether a is neither outside, nor the network's or the
// broadcast address.
func (s *Space) usable(a netip.Addr) bool {
	if !s.subnet.Contains(a) {
		return false
	}
	host := toUint(a) - toUint(s.subnet.Addr())
	return host != 0 && host != uint32(1)<<(32-s.subnet.Bits())-1
}

func toUint(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func fromUint(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}
