// Package ether knows what interfaces are called and what their hardware
// addresses are. It is pure: the loader asks it whether a compose file is in
// order, package netstack makes interfaces by it.
package ether

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// CheckName says why the kernel would not take a name for an interface, if so
// (dev_valid_name; "all" and "default" are taken below /proc/sys/net).
func CheckName(name string) error {
	switch {
	case name == "" || len(name) >= unix.IFNAMSIZ:
		return fmt.Errorf("interface name %q: it must have 1 to %d characters", name, unix.IFNAMSIZ-1)
	case name == "." || name == ".." || name == "all" || name == "default" || name == "lo":
		return fmt.Errorf("interface name %q: it means something else", name)
	case strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/:%", r) }):
		return fmt.Errorf("interface name %q: names of interfaces are ASCII without spaces, /, : and %%", name)
	}
	return nil
}

// ParseMAC reads a hardware address for one interface. One that many share (the
// first byte is odd, IEEE 802) is none.
func ParseMAC(text string) (net.HardwareAddr, error) {
	mac, err := net.ParseMAC(text)
	if err != nil || len(mac) != 6 || mac[0]&1 != 0 || [6]byte(mac) == [6]byte{} {
		return nil, fmt.Errorf("%q is not a hardware address such as 02:42:ac:11:00:02", text)
	}
	return mac, nil
}

// MACFor derives a hardware address from an address: locally administered
// (IEEE 802, second bit of the first byte), and always the same, so that
// neighbours' caches stay true when a service comes back.
func MACFor(a netip.Addr) net.HardwareAddr {
	if a.Is4() {
		b := a.As4()
		return net.HardwareAddr{0x02, 0x6d, b[0], b[1], b[2], b[3]}
	}
	sum := sha256.Sum256(a.AsSlice())
	return net.HardwareAddr{0x02, 0x6e, sum[0], sum[1], sum[2], sum[3]}
}

// LinkLocal is the address that an interface has from its hardware address
// (RFC 4291, 2.5.6 and appendix A).
func LinkLocal(mac net.HardwareAddr) netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 8: mac[0] ^ 2, 9: mac[1], 10: mac[2], 11: 0xff, 12: 0xfe, 13: mac[3], 14: mac[4], 15: mac[5]})
}
