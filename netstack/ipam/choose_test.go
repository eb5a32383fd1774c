package ipam

import (
	"errors"
	"net/netip"
	"testing"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func TestChooseIsTheSameEverywhere(t *testing.T) {
	for name, want := range map[string]string{"demo_default": "10.89.", "shop_back": "10.89."} {
		a, err := Choose(name, nil)
		if err != nil || a.Bits() != 24 || !Pools[0].Overlaps(a) {
			t.Errorf("%s: %s, %v, want a /24 of %s*", name, a, err, want)
		}
		if b, _ := Choose(name, nil); a != b {
			t.Errorf("%s: %s, then %s", name, a, b)
		}
	}
}

func TestChooseAvoidsWhatIsTaken(t *testing.T) {
	var taken []netip.Prefix
	n := 0
	for ; ; n++ {
		p, err := Choose("x", taken)
		if errors.Is(err, ErrNoSubnet) {
			break
		}
		if Overlaps(p, taken) {
			t.Fatalf("%s was chosen twice", p)
		}
		taken = append(taken, p)
	}
	if want := 3*256 + 64; n != want {
		t.Errorf("%d subnets, want %d", n, want)
	}
	if p, err := Choose("x", []netip.Prefix{prefix("10.0.0.0/8")}); err != nil || !Pools[2].Overlaps(p) {
		t.Errorf("with a VPN over 10/8: %s, %v", p, err)
	}
	if p, err := Choose("x", []netip.Prefix{prefix("fd00::/8")}); err != nil || !p.IsValid() {
		t.Errorf("an IPv6 route is in the way: %v", err)
	}
}

func TestChoose6(t *testing.T) {
	a, err := Choose6("demo_default", nil)
	if err != nil || a.Bits() != 64 || !prefix("fd00::/8").Overlaps(a) {
		t.Errorf("%s, %v", a, err)
	}
	if b, _ := Choose6("demo_default", nil); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	if b, _ := Choose6("demo_back", nil); b == a {
		t.Errorf("two names have %s", a)
	}
	if b, err := Choose6("demo_default", []netip.Prefix{prefix(a.Addr().String() + "/48")}); err != nil || b.Overlaps(a) {
		t.Errorf("beside a route to it: %s, %v", b, err)
	}
	if _, err := Choose6("x", []netip.Prefix{prefix("fc00::/7")}); !errors.Is(err, ErrNoSubnet) {
		t.Errorf("all is taken: %v", err)
	}
	if CheckSubnet(a) != nil {
		t.Errorf("%v", CheckSubnet(a))
	}
}
