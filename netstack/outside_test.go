package netstack

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// A network keeps away from what the host routes, but not from default routes
// in disguise.
func TestSubnetsAvoidTheHostsRoutes(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	addHostRoute(t, "0.0.0.0/1")
	first := ensure(t, s, Network{Name: "n"}).Subnet
	must(t, s.RemoveNetwork("n"))
	if again := ensure(t, s, Network{Name: "n"}).Subnet; again != first {
		t.Errorf("%s, and after removal %s", first, again)
	}
	must(t, s.RemoveNetwork("n"))
	addHostRoute(t, first.String())
	if second := ensure(t, s, Network{Name: "n"}).Subnet; second.Overlaps(first) {
		t.Errorf("%s overlaps with the host's %s", second, first)
	}
	must(t, s.RemoveNetwork("n"))
	addHostRoute(t, "10.0.0.0/8") // a VPN
	if third := ensure(t, s, Network{Name: "n"}).Subnet; third.Overlaps(netip.MustParsePrefix("10.0.0.0/8")) {
		t.Errorf("%s overlaps with 10.0.0.0/8", third)
	}
}

// addHostRoute adds a route in a table of its own, as VPNs do.
func addHostRoute(t *testing.T, to string) {
	t.Helper()
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	must(t, err)
	defer h.Close()
	must(t, h.RouteAdd(&netlink.Route{Dst: ipNet(netip.MustParsePrefix(to)), Type: unix.RTN_BLACKHOLE, Table: 51820}))
}

// Services ask the host's resolver, though it listens on the host's loopback,
// which they cannot reach themselves.
func TestTheHostsResolverServes(t *testing.T) {
	if !isolated(t) {
		return
	}
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	must(t, os.WriteFile(conf, []byte("nameserver 127.0.0.53\n"), 0o600))
	if err := unix.Mount(conf, "/etc/resolv.conf", "", unix.MS_BIND, ""); err != nil {
		t.Skipf("bind a resolv.conf over /etc/resolv.conf: %v", err)
	}
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 53), Port: 53})
	must(t, err)
	defer c.Close()
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			buf[2] |= 0x80 // the question comes back as an answer without records
			_, _ = c.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "out"})
	ensure(t, s, Network{Name: "in", Internal: true})
	web, db := service(t, s, "web-1", "out"), service(t, s, "db-1", "in")
	for asker, want := range map[*Sandbox]dnsmessage.RCode{web: dnsmessage.RCodeSuccess, db: dnsmessage.RCodeNameError} {
		m := ask(t, asker.NS(), "udp", "127.0.0.11:53", "example.com", dnsmessage.TypeA)
		if m.RCode != want {
			t.Errorf("%s: %s, want %s", asker.id, m.RCode, want)
		}
	}
}

// What a container needs to run as any user: ports below 1024 and ping.
func TestSettingsOfAContainer(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n"})
	web := service(t, s, "web-1", "n")
	for key, want := range map[string]string{
		"ipv4/ip_forward":                 "0",
		"ipv4/ip_unprivileged_port_start": "0",
		"ipv4/conf/eth0/rp_filter":        "0",
		"ipv4/conf/eth0/route_localnet":   "0",
		"ipv4/ping_group_range":           "0\t0", // one group is mapped in this test
	} {
		visit(t, web.NS(), func() error {
			b, err := os.ReadFile("/proc/sys/net/" + key)
			if got := string(b); err == nil && got != want+"\n" {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
			return err
		})
	}
	visit(t, web.NS(), func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP)
		if err == nil {
			err = unix.Close(fd)
		}
		return err
	})
}
