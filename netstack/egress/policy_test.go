package egress

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func policy(access Access) *Policy {
	return &Policy{
		Gateways:   []netip.Addr{netip.MustParseAddr("10.89.0.1"), netip.MustParseAddr("fd00::1")},
		Subnets:    []netip.Prefix{netip.MustParsePrefix("10.89.0.0/24"), netip.MustParsePrefix("10.89.1.0/24"), netip.MustParsePrefix("fd00::/64")},
		HostAccess: func(_, _ netip.Addr) Access { return access },
		HostAddress: func(ipv6 bool) netip.Addr {
			if ipv6 {
				return netip.MustParseAddr("2001:db8::1")
			}
			return netip.MustParseAddr("192.0.2.1")
		},
	}
}

func TestTarget(t *testing.T) {
	for _, c := range []struct {
		access Access
		to     string
		want   string // "" = refused
		err    error
	}{
		{NoHost, "198.51.100.7:443", "198.51.100.7:443", nil},
		{NoHost, "192.168.1.1:80", "192.168.1.1:80", nil},         // the host's LAN
		{NoHost, "169.254.169.254:80", "169.254.169.254:80", nil}, // as under docker
		{NoHost, "[2001:db8::7]:443", "[2001:db8::7]:443", nil},
		{NoHost, "[fd12::7]:443", "[fd12::7]:443", nil}, // somebody's VPN

		{NoHost, "127.0.0.1:22", "", unix.ENETUNREACH},
		{NoHost, "127.255.255.254:22", "", unix.ENETUNREACH},
		{NoHost, "0.0.0.0:22", "", unix.ENETUNREACH},
		{NoHost, "0.1.2.3:22", "", unix.ENETUNREACH},
		{NoHost, "[::1]:22", "", unix.ENETUNREACH},
		{NoHost, "[::]:22", "", unix.ENETUNREACH},
		{NoHost, "[::127.0.0.1]:22", "", unix.ENETUNREACH},
		{NoHost, "[::ffff:127.0.0.1]:22", "", unix.ENETUNREACH},
		{NoHost, "[::ffff:198.51.100.7]:22", "", unix.ENETUNREACH},
		{NoHost, "[::ffff:0:127.0.0.1]:22", "", unix.ENETUNREACH},
		{NoHost, "[fe80::1]:22", "", unix.ENETUNREACH},
		{NoHost, "224.0.0.251:5353", "", errIgnored},
		{NoHost, "255.255.255.255:67", "", errIgnored},
		{NoHost, "[ff02::fb]:5353", "", errIgnored},

		{NoHost, "10.89.1.7:80", "", unix.EACCES},
		{NoHost, "[fd00::7]:80", "", unix.EACCES},
		{NoHost, "10.89.0.1:80", "", unix.ECONNREFUSED},
		{NoHost, "[fd00::1]:80", "", unix.ECONNREFUSED},
		{HostAddress, "10.89.0.1:80", "192.0.2.1:80", nil},
		{HostAddress, "[fd00::1]:80", "[2001:db8::1]:80", nil},
		{HostAddress, "127.0.0.1:80", "", unix.ENETUNREACH},
		{HostLoopback, "10.89.0.1:80", "127.0.0.1:80", nil},
		{HostLoopback, "[fd00::1]:80", "[::1]:80", nil},
		{HostLoopback, "127.0.0.1:80", "", unix.ENETUNREACH},
	} {
		from := netip.MustParseAddr("10.89.0.7")
		to := netip.MustParseAddrPort(c.to)
		if to.Addr().Is6() {
			from = netip.MustParseAddr("fd00::7")
		}
		got, err := policy(c.access).Target(from, to)
		if c.err == nil && (err != nil || got.String() != c.want) || !errors.Is(err, c.err) {
			t.Errorf("access %d, to %s: %s, %v, want %s, %v", c.access, c.to, got, err, c.want, c.err)
		}
	}
	p := policy(NoHost)
	p.HostAccess = nil
	if _, err := p.Target(netip.MustParseAddr("10.89.0.7"), netip.MustParseAddrPort("10.89.0.1:80")); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("nobody has access: %v", err)
	}
	none := policy(HostAddress)
	none.HostAddress = func(bool) netip.Addr { return netip.Addr{} }
	if _, err := none.Target(netip.MustParseAddr("10.89.0.7"), netip.MustParseAddrPort("10.89.0.1:80")); !errors.Is(err, unix.EHOSTUNREACH) {
		t.Errorf("the host has no address: %v", err)
	}
}

// Whatever is asked for, the host's loopback is not dialled.
func FuzzTargetIsNeverLoopback(f *testing.F) {
	for _, a := range []string{"127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::7f00:1", "10.89.0.1", "198.51.100.1", "fe80::1", "2002:7f00:1::"} {
		f.Add(netip.MustParseAddr(a).AsSlice(), uint16(80), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, port uint16, open bool) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		from := netip.MustParseAddr("10.89.0.7")
		if a.Is6() {
			from = netip.MustParseAddr("fd00::7")
		}
		access := NoHost
		if open {
			access = HostAddress
		}
		to, err := policy(access).Target(from, netip.AddrPortFrom(a, port))
		if err != nil {
			return
		}
		x := to.Addr()
		if u := x.Unmap(); u.IsLoopback() || u.IsUnspecified() || u.IsMulticast() || u.IsLinkLocalUnicast() && u.Is6() || x.Is4In6() || to.Port() != port {
			t.Errorf("%s leads to %s", a, to)
		}
	})
}
