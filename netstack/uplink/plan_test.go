package uplink

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestMakePlan(t *testing.T) {
	for _, c := range []struct {
		name  string
		six   string
		taken []netip.Prefix
		want  string // ranges, "" = an error
	}{
		{"nothing in the way", "fd00::/64", nil, "10.0.2.0/24 fd00::/64"},
		{"no IPv6", "", nil, "10.0.2.0/24"},
		{"a network of the host", "", prefixes("10.0.2.0/24", "10.0.3.128/25"), "10.0.4.0/24"},
		{"IPv6 is in use", "fd00::/64", prefixes("fd00::/8"), "10.0.2.0/24"},
		{"one address", "", prefixes("10.0.2.15/32"), "10.0.3.0/24"},
		{"all in use", "", prefixes("10.0.0.0/8"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &Helper{}
			if c.six != "" {
				h.IPv6 = netip.MustParsePrefix(c.six)
			}
			p, err := MakePlan(h, c.taken)
			got := ""
			if err == nil {
				var words []string
				for _, r := range p.Ranges() {
					words = append(words, r.String())
				}
				got = strings.Join(words, " ")
				if !p.Fits(c.taken) {
					t.Error("the plan does not fit")
				}
			}
			if got != c.want {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestAddressesOfARange(t *testing.T) {
	for _, c := range [][3]string{{"10.0.2.0/24", "10.0.2.100", "10.0.2.2"}, {"fd00::/64", "fd00::64", "fd00::2"}} {
		p := netip.MustParsePrefix(c[0])
		if own, gw := Own(p).String(), Gateway(p).String(); own != c[1] || gw != c[2] {
			t.Errorf("%s: %s and %s, want %s and %s", p, own, gw, c[1], c[2])
		}
	}
}

// What closes the host's loopback is in each command line: without one of these
// words a service reaches what listens on 127.0.0.1 of the host.
func TestArgsCloseTheHostsLoopback(t *testing.T) {
	p := Plan{Subnet: netip.MustParsePrefix("10.0.2.0/24"), Subnet6: netip.MustParsePrefix("fd00::/64")}
	for name, want := range map[string][]string{
		"pasta":       {"--no-map-gw", "-T none", "-U none", "-t none", "-u none"},
		"slirp4netns": {"--disable-host-loopback"},
		"gvisor":      nil, // it refuses such addresses itself: package gvisor
	} {
		h, err := Find(name)
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		line := strings.Join(h.Args(p, "/proc/self/fd/5"), " ")
		for _, w := range want {
			if !strings.Contains(line, w) {
				t.Errorf("%q lacks %q", line, w)
			}
		}
		if !strings.HasPrefix(line, name+" ") || !strings.Contains(line, "/proc/self/fd/5") {
			t.Errorf("%s is called by %q", name, line)
		}
	}
	if !slices.Contains(pastaArgs(Plan{Subnet: p.Subnet}, "x"), "--ipv4-only") {
		t.Error("pasta without a range of IPv6 is not told so")
	}
}

func TestFindUnknown(t *testing.T) {
	if _, err := Find("vpn"); err == nil {
		t.Error("vpn was found")
	}
}
