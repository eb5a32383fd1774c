package ipam

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func newSpace(t *testing.T, c Config) *Space {
	t.Helper()
	s, err := NewSpace(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// taker takes the next addresses, which must be these.
func taker(t *testing.T, s *Space) func(want ...string) {
	return func(want ...string) {
		t.Helper()
		for _, w := range want {
			if a, err := s.Next("me"); err != nil || a.String() != w {
				t.Errorf("got %s, %v, want %s", a, err, w)
			}
		}
	}
}

func TestSpace(t *testing.T) {
	for _, c := range []struct {
		subnet, masked, base string
		size                 int
	}{
		{"10.5.0.9/29", "10.5.0.8/29", "10.5.0.", 5},
		{"fd05::9/125", "fd05::8/125", "fd05::", 6},
	} {
		s := newSpace(t, Config{Subnet: prefix(c.subnet)})
		at := func(v4, v6 string) string {
			if s.Subnet().Addr().Is4() {
				return c.base + v4
			}
			return c.base + v6
		}
		if s.Subnet() != prefix(c.masked) || s.Gateway() != addr(at("9", "9")) {
			t.Fatalf("%s by %s", s.Subnet(), s.Gateway())
		}
		next := taker(t, s)
		next(at("10", "a"), at("11", "b"))
		s.Release(addr(at("10", "a")), "me")
		s.Release(addr(at("11", "b")), "other") // not other's
		next(at("12", "c"), at("13", "d"), at("14", "e"))
		if s.Subnet().Addr().Is6() {
			next(c.base + "f") // no broadcast
		}
		next(at("10", "a")) // it rested
		if _, err := s.Next("me"); !errors.Is(err, ErrFull) {
			t.Errorf("want ErrFull, got %v", err)
		}
		if s.InUse() != c.size {
			t.Errorf("%d in use, want %d", s.InUse(), c.size)
		}
	}
}

// Addresses are chosen from the range, and not the reserved ones; others go to
// who asks for them.
func TestRangeAndReserved(t *testing.T) {
	s := newSpace(t, Config{
		Subnet: prefix("10.5.0.0/16"), Gateway: addr("10.5.8.1"), Range: prefix("10.5.8.0/30"),
		Reserved: map[netip.Addr]string{addr("10.5.8.2"): "printer"},
	})
	next := taker(t, s)
	next("10.5.8.0", "10.5.8.3")
	if _, err := s.Next("me"); !errors.Is(err, ErrFull) || err.Error() !=
		"range 10.5.8.0/30 of subnet 10.5.0.0/16: no free address is left: widen it, or take services down" {
		t.Errorf("got %v", err)
	}
	for _, a := range []string{"10.5.0.1", "10.5.255.254", "10.5.8.2"} {
		if err := s.Take(addr(a), "me"); err != nil {
			t.Error(err)
		}
	}
	if err := s.Restrict(prefix("10.5.9.0/24"), nil); err != nil {
		t.Error(err)
	}
	next("10.5.9.0", "10.5.9.1")
	if err := s.Restrict(prefix("10.5.9.0/24"), map[netip.Addr]string{addr("10.5.9.2"): "x"}); err != nil {
		t.Error(err)
	}
	next("10.5.9.3")

	wide := newSpace(t, Config{Subnet: prefix("fd00::/16"), Range: prefix("fd00:0:0:1::/64")})
	taker(t, wide)("fd00:0:0:1::", "fd00:0:0:1::1")
	all := newSpace(t, Config{Subnet: prefix("fd00::/16")})
	taker(t, all)("fd00::2")
	if err := all.Take(addr("fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "me"); err != nil {
		t.Error(err)
	}
	all.Resume() // above the last of all: from the bottom again
	if a, err := all.Next("me"); err != nil || a == addr("fd00::2") {
		t.Errorf("%s, %v", a, err)
	}
}

func TestSpaceTake(t *testing.T) {
	s := newSpace(t, Config{Subnet: prefix("10.5.0.0/24"), Gateway: addr("10.5.0.254")})
	for a, want := range map[string]string{
		"10.5.0.7":   "",
		"10.5.0.0":   "address 10.5.0.0 is not a host address of subnet 10.5.0.0/24",
		"10.5.0.255": "address 10.5.0.255 is not a host address of subnet 10.5.0.0/24",
		"10.6.0.1":   "address 10.6.0.1 is not a host address of subnet 10.5.0.0/24",
		"::1":        "address ::1 is not a host address of subnet 10.5.0.0/24",
		"10.5.0.254": "address 10.5.0.254 is the gateway of subnet 10.5.0.0/24",
	} {
		got := ""
		if err := s.Take(addr(a), "web-1"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("take %s: %q, want %q", a, got, want)
		}
	}
	if err := s.Take(addr("10.5.0.7"), "web-1"); err != nil {
		t.Errorf("one's own again: %v", err)
	}
	if err := s.Take(addr("10.5.0.7"), "web-2"); err == nil || err.Error() != "address 10.5.0.7 of subnet 10.5.0.0/24 is in use by web-1" {
		t.Errorf("somebody else's: %v", err)
	}
	s.Resume()
	taker(t, s)("10.5.0.8")
	if got := s.Owners(); !slices.Equal(got, []string{"me", "web-1"}) {
		t.Errorf("owners %v", got)
	}
}

func TestBadSpaces(t *testing.T) {
	for _, c := range []struct{ subnet, gateway, pool, reserved string }{
		{"10.5.0.0/31", "", "", ""}, {"0.0.0.0/0", "", "", ""}, {"fd00::/127", "", "", ""}, {"fd00::/7", "", "", ""},
		{"127.5.0.0/24", "", "", ""}, {"239.0.0.0/24", "", "", ""}, {"fe80::/64", "", "", ""}, {"ff05::/64", "", "", ""},
		{"::/64", "", "", ""}, {"::ffff:10.0.0.0/120", "", "", ""},
		{"10.5.0.0/24", "10.5.0.0", "", ""}, {"10.5.0.0/24", "10.6.0.1", "", ""}, {"10.5.0.0/24", "10.5.0.255", "", ""},
		{"10.5.0.0/24", "fd00::1", "", ""}, {"fd00::/64", "fd00::", "", ""}, {"fd00::/64", "10.0.0.1", "", ""},
		{"10.5.0.0/24", "", "10.6.0.0/24", ""}, {"10.5.0.0/24", "", "10.5.0.0/16", ""}, {"10.5.0.0/24", "", "fd00::/64", ""},
		{"10.5.0.0/24", "", "", "10.6.0.1"}, {"fd00::/64", "", "", "10.6.0.1"},
	} {
		config := Config{Subnet: prefix(c.subnet)}
		if c.gateway != "" {
			config.Gateway = addr(c.gateway)
		}
		if c.pool != "" {
			config.Range = prefix(c.pool)
		}
		if c.reserved != "" {
			config.Reserved = map[netip.Addr]string{addr(c.reserved): "x"}
		}
		if _, err := NewSpace(config); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if _, err := NewSpace(Config{}); err == nil {
		t.Error("no subnet was accepted")
	}
}

// However addresses come and go, in either family, nobody gets one that another
// has, nor one that is no host's, and Next finds one as long as there is one.
func FuzzSpace(f *testing.F) {
	f.Add(true, uint8(0), []byte{0, 0, 0, 1, 2, 0, 9})
	f.Add(false, uint8(3), []byte{0, 0, 0, 1, 2, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, v4 bool, narrow uint8, moves []byte) {
		c := Config{Subnet: prefix("fd05::40/124"), Reserved: map[netip.Addr]string{addr("fd05::44"): "x"}}
		if v4 {
			c = Config{Subnet: prefix("10.5.0.0/28"), Reserved: map[netip.Addr]string{addr("10.5.0.4"): "x"}}
		}
		c.Range = netip.PrefixFrom(c.Subnet.Addr(), c.Subnet.Bits()+int(narrow%4))
		s := newSpace(t, c)
		all := map[netip.Addr]bool{} // what Next may give
		for a := s.Subnet().Addr(); c.Range.Contains(a); a = a.Next() {
			all[a] = s.usable(a) && a != s.Gateway() && s.reserved[a] == ""
		}
		have := map[netip.Addr]bool{}
		left := func() (n int) {
			for a, ok := range all {
				if ok && !have[a] {
					n++
				}
			}
			return n
		}
		for i, m := range moves {
			a := plus(s.Subnet().Addr(), uint64(m)%18)
			switch i % 3 {
			case 0:
				free := left()
				a, err := s.Next("x")
				if (err == nil) != (free > 0) {
					t.Fatalf("%d free, Next: %v", free, err)
				}
				if err == nil && (have[a] || !all[a]) {
					t.Fatalf("%s given twice, or not to be given", a)
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
			if i%7 == 6 {
				s.Resume()
			}
		}
	})
}

func FuzzArithmetic(f *testing.F) {
	f.Add(uint64(5), uint64(1<<63))
	f.Fuzz(func(t *testing.T, a, n uint64) {
		six := plus(netip.AddrFrom16([16]byte{0xfd}), a)
		if up := plus(six, n); minus(up, six) != n || n > 0 && !six.Less(up) {
			t.Errorf("%s + %d = %s", six, n, up)
		}
		four, n4 := plus(netip.AddrFrom4([4]byte{10}), a&0xffff), n&0xffff
		if up := plus(four, n4); minus(up, four) != n4 || n4 > 0 && !four.Less(up) {
			t.Errorf("%s + %d = %s", four, n4, up)
		}
	})
}
