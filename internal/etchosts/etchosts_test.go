package etchosts

import (
	"net/netip"
	"testing"
)

func addrs(texts ...string) (all []netip.Addr) {
	for _, t := range texts {
		all = append(all, netip.MustParseAddr(t))
	}
	return all
}

func TestText(t *testing.T) {
	const lo = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
	const lo6 = lo + "fe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
	for _, c := range []struct {
		name string
		c    Config
		want string
	}{
		{"no network", Config{Hostname: "web"}, lo},
		{"two networks", Config{Hostname: "web", Addresses: addrs("10.5.0.2", "10.6.0.2")}, lo + "10.5.0.2\tweb\n10.6.0.2\tweb\n"},
		{"both families", Config{Hostname: "web", Domainname: "example.org", Addresses: addrs("10.5.0.2", "fd00::2")},
			lo6 + "10.5.0.2\tweb.example.org web\nfd00::2\tweb.example.org web\n"},
		{"the machine's network", Config{Host: "127.0.0.1 localhost\n\n", Hostname: "web", Extra: []string{"a=127.0.0.1"}},
			"127.0.0.1 localhost\n\n127.0.0.1\ta\n"},
		{"extra", Config{Hostname: "w", Extra: []string{"a=10.0.0.1", "b=[fd00::1]", "c=fd00::2"}},
			lo + "10.0.0.1\ta\nfd00::1\tb\nfd00::2\tc\n"},
		{"the machine", Config{Hostname: "w", Extra: []string{"host.docker.internal=host-gateway", "z=10.0.0.1"}, Gateways: addrs("10.5.0.1", "fd00::1")},
			lo + "10.5.0.1\thost.docker.internal\nfd00::1\thost.docker.internal\n10.0.0.1\tz\n"},
		{"the machine, without a way", Config{Hostname: "w", Extra: []string{"host.docker.internal=host-gateway"}}, lo},
	} {
		if got := c.c.Text(); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}
