package uplink

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// A tap is what was made of it, for a process that comes later too, and R has no
// way out any more when it is removed.
func TestTap(t *testing.T) {
	if !testns.Isolated(t, testns.Net|testns.Mount) {
		return
	}
	if err := CheckDevice(); err != nil {
		t.Skip(err)
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, found, err := Read(h); found || err != nil {
		t.Fatalf("a tap before there is one: %v", err)
	}
	want := Plan{Subnet: netip.MustParsePrefix("10.0.7.0/24"), Subnet6: netip.MustParsePrefix("fd00:7::/64")}
	made, err := Make(h, "pasta", want)
	if err != nil {
		t.Fatal(err)
	}
	read, found, err := Read(h)
	if err != nil || !found || read != made || read.Plan != want {
		t.Errorf("read %+v (%v), made %+v", read, err, made)
	}
	if n := defaults(t, h); n != 2 {
		t.Errorf("%d default routes, want 2", n)
	}
	if on, err := Attached(h); on || err != nil {
		t.Errorf("attached without a helper: %v %v", on, err)
	}
	for range 2 {
		if err := Remove(h); err != nil {
			t.Error(err)
		}
	}
	if n := defaults(t, h); n != 0 {
		t.Errorf("%d default routes after the tap was removed", n)
	}
}

// A tap that was never finished is none.
func TestHalfMadeTapIsRemoved(t *testing.T) {
	if !testns.Isolated(t, testns.Net|testns.Mount) {
		return
	}
	if err := CheckDevice(); err != nil {
		t.Skip(err)
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := create(); err != nil {
		t.Fatal(err)
	}
	if _, found, err := Read(h); found || err != nil {
		t.Errorf("found: %t, %v", found, err)
	}
	if _, err := h.LinkByName(Tap); err == nil {
		t.Error("it is still there")
	}
}

func defaults(t *testing.T, h *netlink.Handle) (n int) {
	t.Helper()
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		routes, err := h.RouteList(nil, family)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range routes {
			if ones, _ := r.Dst.Mask.Size(); ones == 0 && r.Gw != nil {
				n++
			}
		}
	}
	return n
}

func TestDeviceErrors(t *testing.T) {
	dir := t.TempDir()
	shut := filepath.Join(dir, "shut")
	if err := os.WriteFile(shut, nil, 0); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{filepath.Join(dir, "none"): "modprobe tun", shut: "chmod 666 " + shut} {
		if path == shut && os.Getuid() == 0 {
			continue // root may open all
		}
		_, err := openDevice(path)
		var m *Missing
		if !errors.As(err, &m) || !strings.Contains(m.Fix, want) || !strings.Contains(m.What, path) {
			t.Errorf("%s: %v, want the remedy %q", path, err, want)
		}
	}
}
