package ipam

import (
	"errors"
	"hash/fnv"
	"net/netip"
)

// ErrNoSubnet says that every block of every pool overlaps with something.
var ErrNoSubnet = errors.New("every subnet of the address pools overlaps with a network or a route that exists")

// Pools are the ranges from which subnets are taken, in order: private address
// space (RFC 1918) in its less trodden parts. A VPN often claims all of
// 10.0.0.0/8, therefore one pool of each range.
var Pools = []netip.Prefix{
	netip.MustParsePrefix("10.89.0.0/16"),
	netip.MustParsePrefix("10.213.0.0/16"),
	netip.MustParsePrefix("172.29.0.0/16"),
	netip.MustParsePrefix("192.168.192.0/18"),
}

// blockBits is the prefix length of a chosen subnet: 253 endpoints.
const blockBits = 24

// Choose returns a free /24 for the network called name. taken are all ranges
// that it must not overlap with. It returns [ErrNoSubnet] if there is none.
func Choose(name string, taken []netip.Prefix) (netip.Prefix, error) {
	for _, pool := range Pools {
		n := 1 << (blockBits - pool.Bits())
		first := int(hash(name) % uint32(n))
		for i := range n {
			p := block(pool, (first+i)%n)
			if !Overlaps(p, taken) {
				return p, nil
			}
		}
	}
	return netip.Prefix{}, ErrNoSubnet
}

// Overlaps reports whether p shares an address with one of the others.
func Overlaps(p netip.Prefix, others []netip.Prefix) bool {
	for _, o := range others {
		if p.Overlaps(o) {
			return true
		}
	}
	return false
}

func block(pool netip.Prefix, i int) netip.Prefix {
	base := toUint(pool.Addr()) + uint32(i)<<(32-blockBits)
	return netip.PrefixFrom(fromUint(base), blockBits)
}

func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s)) // never fails
	return h.Sum32()
}
