package sock

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAddresses(t *testing.T) {
	for text, family := range map[string]int{
		"10.5.0.2:80": unix.AF_INET, "[fd00::2]:80": unix.AF_INET6, "[fe80::1%3]:80": unix.AF_INET6, "0.0.0.0:0": unix.AF_INET,
	} {
		a := netip.MustParseAddrPort(text)
		if got := AddrPort(Addr(a)); got != a || Family(a.Addr()) != family {
			t.Errorf("%s: %s, family %d", text, got, Family(a.Addr()))
		}
	}
	if got := AddrPort(Addr(netip.MustParseAddrPort("[fe80::1%eth0]:80"))); got.String() != "[fe80::1]:80" {
		t.Errorf("a zone that is no number: %s", got)
	}
	if got := AddrPort(&unix.SockaddrUnix{Name: "x"}); got.IsValid() {
		t.Errorf("a unix socket is %s", got)
	}
}

func TestWith(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	want := errors.New("mine")
	if err := With(f, func(fd int) error {
		if fd < 0 {
			t.Errorf("descriptor %d", fd)
		}
		return want
	}); !errors.Is(err, want) {
		t.Error(err)
	}
	f.Close()
	if err := With(f, func(int) error { t.Error("called"); return nil }); err == nil {
		t.Error("a closed file has a descriptor")
	}
}
