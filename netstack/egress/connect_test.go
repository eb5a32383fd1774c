package egress

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// A socket that the kernel has connected to itself reaches nobody. With one port to
// choose from, it does so each time.
func TestConnectedToItself(t *testing.T) {
	if !testns.Isolated(t, testns.Net) {
		return
	}
	err := netlink.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: loopback}})
	if err == nil {
		err = os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40000"), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	to := netip.MustParseAddrPort("127.0.0.1:40000")
	if f, err := connected(to, netip.AddrPort{}); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("UDP: %v, want %v", err, unix.ECONNREFUSED)
		f.Close()
	}
	r := &Relay{ctx: t.Context()}
	if f, err := r.dial(to); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("TCP: %v, want %v", err, unix.ECONNREFUSED)
		f.Close()
	}
	if f, err := connected(netip.MustParseAddrPort("127.0.0.1:40001"), netip.AddrPort{}); err != nil {
		t.Errorf("another port: %v", err)
	} else {
		f.Close()
	}
}
