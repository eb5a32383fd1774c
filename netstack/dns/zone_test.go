package dns

import (
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// otherProjects are on the shared network "back".
type otherProjects struct{}

func (otherProjects) Find(network, name string) ([]netip.Addr, bool) {
	switch {
	case network == "back" && name == "cache":
		return []netip.Addr{netip.MustParseAddr("10.2.0.99")}, true
	case network == "back" && name == "db":
		return []netip.Addr{netip.MustParseAddr("10.2.0.98")}, true
	case network == "back" && name == "asleep":
		return nil, true
	}
	return nil, false
}

func (otherProjects) NameOf(network string, a netip.Addr) string {
	if network == "back" && a.String() == "10.2.0.99" {
		return "cache-1"
	}
	return ""
}

func TestPrivateAndSharedNames(t *testing.T) {
	z := shop()
	z.SetOthers(otherProjects{})
	back := ep("back", "10.2.0.50", "job-1", "job")
	back.Shared = true
	z.Set("job-1", Host{
		Name: "job-1", Up: true, Endpoints: []Endpoint{ep("front", "10.1.0.50", "job-1", "job"), back},
		Links: map[string]string{"Store": "db", "api": "web", "far": "cache"},
		Hosts: map[string][]netip.Addr{"box.lan": {netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("2001:db8::9")}, "db": {netip.MustParseAddr("192.0.2.8")}},
	})
	const a, aaaa, ptr = dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypePTR
	for _, c := range []struct {
		asker, name string
		kind        dnsmessage.Type
		want        string
	}{
		{"job-1", "store.", a, "Success 10.2.0.11 10.2.0.12 10.2.0.98"},
		{"job-1", "db.", a, "Success 192.0.2.8"},
		{"job-1", "api.", a, "Success 10.1.0.2"},
		{"job-1", "cache.", a, "Success 10.2.0.99"},
		{"job-1", "cache.back.", a, "Success 10.2.0.99"},
		{"job-1", "far.", a, "Success 10.2.0.99"},
		{"job-1", "asleep.", a, "NameError"},
		{"job-1", "box.lan.", a, "Success 192.0.2.9"},
		{"job-1", "box.lan.", aaaa, "Success 2001:db8::9"},
		{"job-1", "99.0.2.10.in-addr.arpa.", ptr, "Success cache-1.back."},
		{"job-1", "97.0.2.10.in-addr.arpa.", ptr, "NameError"},
		{"api-1", "store.", a, "outside"},    // another's link
		{"api-1", "cache.", a, "outside"},    // its back is not shared
		{"db-1", "box.lan.", a, "NameError"}, // another's host
		{"api-1", "api.", a, "Success 10.1.0.3 10.2.0.3"},
	} {
		answer, forward := Answer(z, c.asker, query(t, c.name, c.kind), false)
		got := "outside"
		if !forward {
			got = text(t, answer)
		}
		if got != c.want {
			t.Errorf("%s asks for %s %s: %s, want %s", c.asker, c.name, c.kind, got, c.want)
		}
	}
}

func TestBothFamilies(t *testing.T) {
	z := NewZone()
	e := ep("dual", "10.1.0.2", "web-1", "web")
	e.Addrs = append(e.Addrs, netip.MustParseAddr("fd00::2"), netip.MustParseAddr("169.254.7.7"))
	e.Subnets = append(e.Subnets, netip.MustParsePrefix("fd00::/64"))
	z.Set("web-1", Host{Name: "web-1", Up: true, Endpoints: []Endpoint{e}})
	reverse := "2." + strings.Repeat("0.", 28) + "d.f.ip6.arpa."
	reverse = strings.Replace(reverse, "0.d.f.", "0.0.d.f.", 1)
	for _, c := range []struct {
		name string
		kind dnsmessage.Type
		want string
	}{
		{"web.", dnsmessage.TypeA, "Success 10.1.0.2 169.254.7.7"},
		{"web.", dnsmessage.TypeAAAA, "Success fd00::2"},
		{"web.dual.", dnsmessage.TypeALL, "Success 10.1.0.2 169.254.7.7 fd00::2"},
		{reverse, dnsmessage.TypePTR, "Success web-1.dual."},
		{"3" + reverse[1:], dnsmessage.TypePTR, "NameError"},
		{"7.7.254.169.in-addr.arpa.", dnsmessage.TypePTR, "Success web-1.dual."},
	} {
		answer, forward := Answer(z, "web-1", query(t, c.name, c.kind), false)
		if forward {
			t.Errorf("%s is asked outside", c.name)
		} else if got := text(t, answer); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, c.kind, got, c.want)
		}
	}
	z.Remove("web-1")
	if len(z.addrs)+len(z.names) != 0 {
		t.Errorf("left: %+v", z)
	}
}
