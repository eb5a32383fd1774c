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

func TestSpace(t *testing.T) {
	s, err := NewSpace(prefix("10.5.0.9/29"), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Subnet() != prefix("10.5.0.8/29") || s.Gateway() != netip.MustParseAddr("10.5.0.9") {
		t.Fatalf("%s by %s", s.Subnet(), s.Gateway())
	}
	next := func(want string) {
		t.Helper()
		a, err := s.Next("me")
		if err != nil || a.String() != want {
			t.Errorf("got %s, %v, want %s", a, err, want)
		}
	}
	next("10.5.0.10")
	next("10.5.0.11")
	s.Release(netip.MustParseAddr("10.5.0.10"), "me")
	s.Release(netip.MustParseAddr("10.5.0.11"), "other") // not other's
	next("10.5.0.12")                                    // .10 rests
	next("10.5.0.13")
	next("10.5.0.14")
	next("10.5.0.10")
	if _, err := s.Next("me"); !errors.Is(err, ErrFull) {
		t.Errorf("want ErrFull, got %v", err)
	}
	if s.InUse() != 5 {
		t.Errorf("%d in use, want 5", s.InUse())
	}
}

func TestSpaceTake(t *testing.T) {
	s, err := NewSpace(prefix("10.5.0.0/24"), netip.MustParseAddr("10.5.0.254"))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"10.5.0.7":   "",
		"10.5.0.0":   "address 10.5.0.0 is not a host address of subnet 10.5.0.0/24",
		"10.5.0.255": "address 10.5.0.255 is not a host address of subnet 10.5.0.0/24",
		"10.6.0.1":   "address 10.6.0.1 is not a host address of subnet 10.5.0.0/24",
		"::1":        "address ::1 is not a host address of subnet 10.5.0.0/24",
		"10.5.0.254": "address 10.5.0.254 is the gateway of subnet 10.5.0.0/24",
	} {
		got := ""
		if err := s.Take(netip.MustParseAddr(addr), "web-1"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("take %s: %q, want %q", addr, got, want)
		}
	}
	if err := s.Take(netip.MustParseAddr("10.5.0.7"), "web-1"); err != nil {
		t.Errorf("one's own again: %v", err)
	}
	if err := s.Take(netip.MustParseAddr("10.5.0.7"), "web-2"); err == nil || err.Error() != "address 10.5.0.7 of subnet 10.5.0.0/24 is in use by web-1" {
		t.Errorf("somebody else's: %v", err)
	}
	s.Resume()
	if a, err := s.Next("web-2"); err != nil || a.String() != "10.5.0.8" {
		t.Errorf("after Resume: %s, %v", a, err)
	}
}

func TestBadSpaces(t *testing.T) {
	for _, c := range []struct{ subnet, gateway string }{
		{"10.5.0.0/30", ""}, {"0.0.0.0/0", ""}, {"fd00::/64", ""}, {"10.5.0.0/24", "10.5.0.0"}, {"10.5.0.0/24", "10.6.0.1"}, {"10.5.0.0/24", "10.5.0.255"},
	} {
		var gw netip.Addr
		if c.gateway != "" {
			gw = netip.MustParseAddr(c.gateway)
		}
		if _, err := NewSpace(prefix(c.subnet), gw); err == nil {
			t.Errorf("%s by %q was accepted", c.subnet, c.gateway)
		}
	}
	if _, err := NewSpace(netip.Prefix{}, netip.Addr{}); err == nil {
		t.Error("no subnet was accepted")
	}
}

// However addresses come and go, nobody gets one that another has, nor one
// that is no host's.
func FuzzSpace(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 2, 0, 9})
	f.Fuzz(func(t *testing.T, moves []byte) {
		s, err := NewSpace(prefix("10.5.0.0/28"), netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		have := map[netip.Addr]bool{}
		for i, m := range moves {
			a := fromUint(toUint(s.Subnet().Addr()) + uint32(m)%18)
			switch i % 3 {
			case 0:
				a, err = s.Next("x")
				if (err == nil) != (len(have) < 13) {
					t.Fatalf("%d in use, Next: %v", len(have), err)
				}
				if err == nil && have[a] {
					t.Fatalf("%s given twice", a)
				}
				if err == nil {
					have[a] = true
				}
			case 1:
				s.Release(a, "x")
				delete(have, a)
			case 2:
				if err := s.Take(a, "x"); err == nil {
					have[a] = true
				}
			}
			for a := range have {
				if a == s.Gateway() || !s.usable(a) {
					t.Fatalf("%s was handed out", a)
				}
			}
			if len(have) != s.InUse() {
				t.Fatalf("%d in use, %d known", s.InUse(), len(have))
			}
		}
	})
}
