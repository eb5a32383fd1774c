package ipam

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// plus is the address n places above a, of the same family.
func plus(a netip.Addr, n uint64) netip.Addr {
	if a.Is4() {
		b := a.As4()
		binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+uint32(n))
		return netip.AddrFrom4(b)
	}
	b := a.As16()
	low, carry := bits.Add64(binary.BigEndian.Uint64(b[8:]), n, 0)
	binary.BigEndian.PutUint64(b[8:], low)
	binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])+carry)
	return netip.AddrFrom16(b)
}

// minus is how many places a lies above base, of the same family, as far as 64
// bits can say it.
func minus(a, base netip.Addr) uint64 {
	if a.Is4() {
		x, y := a.As4(), base.As4()
		return uint64(binary.BigEndian.Uint32(x[:]) - binary.BigEndian.Uint32(y[:]))
	}
	x, y := a.As16(), base.As16()
	low, borrow := bits.Sub64(binary.BigEndian.Uint64(x[8:]), binary.BigEndian.Uint64(y[8:]), 0)
	if high := binary.BigEndian.Uint64(x[:8]) - binary.BigEndian.Uint64(y[:8]) - borrow; high != 0 {
		return 1<<64 - 1
	}
	return low
}
