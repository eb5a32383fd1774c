package dns

import (
	"net/netip"
	"strconv"
	"strings"
)

// reverseName reads 4.3.2.1.in-addr.arpa (RFC 1035, 3.5) and the 32 nibbles of
// ip6.arpa (RFC 3596, 2.5).
func reverseName(name string) (netip.Addr, bool) {
	name = fold1(name)
	if s, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		return reverse4(strings.Split(s, "."))
	}
	if s, ok := strings.CutSuffix(name, ".ip6.arpa"); ok {
		return reverse6(strings.Split(s, "."))
	}
	return netip.Addr{}, false
}

func reverse4(labels []string) (netip.Addr, bool) {
	if len(labels) != 4 {
		return netip.Addr{}, false
	}
	var b [4]byte
	for i, l := range labels {
		n, err := strconv.ParseUint(l, 10, 8)
		if err != nil {
			return netip.Addr{}, false
		}
		b[3-i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

func reverse6(labels []string) (netip.Addr, bool) {
	if len(labels) != 32 {
		return netip.Addr{}, false
	}
	var b [16]byte
	for i, l := range labels {
		n, err := strconv.ParseUint(l, 16, 4)
		if err != nil || len(l) != 1 {
			return netip.Addr{}, false
		}
		nibble := 31 - i
		b[nibble/2] |= byte(n) << (4 * (1 - nibble%2))
	}
	return netip.AddrFrom16(b), true
}
