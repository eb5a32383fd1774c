package ipam

import (
	"crypto/sha256"
	"errors"
	"hash/fnv"
	"net/netip"
)

// ErrNoSubnet says that every block of every pool overlaps with something.
var ErrNoSubnet = errors.New("every subnet of the address pools overlaps with a network or a route that exists")

// Pools are the ranges from which IPv4 subnets are taken, in order: private
// address space (RFC 1918) in its less trodden parts. A VPN often claims all of
// 10.0.0.0/8, therefore one pool of each range.
var Pools = []netip.Prefix{
	netip.MustParsePrefix("10.89.0.0/16"),
	netip.MustParsePrefix("10.213.0.0/16"),
	netip.MustParsePrefix("172.29.0.0/16"),
	netip.MustParsePrefix("192.168.192.0/18"),
}

// blockBits is the prefix length of a chosen IPv4 subnet: 253 endpoints.
const blockBits = 24

// Choose returns a free IPv4 /24 for the network called name. taken are all
// ranges that it must not overlap with. It returns [ErrNoSubnet] if there is none.
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

// tries6 bounds how many subnets Choose6 looks at: of 2^56, one is enough unless
// somebody routes a large part of them.
const tries6 = 64

// Choose6 is Choose for IPv6: a unique local /64 (RFC 4193), whose 56 free bits
// are those of a digest of the name, so that two networks anywhere do not meet.
func Choose6(name string, taken []netip.Prefix) (netip.Prefix, error) {
	digest := sha256.Sum256([]byte("mocker-compose network " + name))
	for range tries6 {
		var b [16]byte
		b[0] = 0xfd
		copy(b[1:8], digest[:])
		if p := netip.PrefixFrom(netip.AddrFrom16(b), 64); !Overlaps(p, taken) {
			return p, nil
		}
		digest = sha256.Sum256(digest[:])
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
	return netip.PrefixFrom(plus(pool.Addr(), uint64(i)<<(32-blockBits)), blockBits)
}

func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s)) // never fails
	return h.Sum32()
}
