package netstack

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
)

// A new namespace may come with any settings of the host's.
func TestInheritedSettingsAreReplaced(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	n := ensure(t, s, Network{Name: "n"})
	for _, host := range []map[string]string{
		{"ipv4/ip_forward": "1"},
		{"ipv4/conf/all/rp_filter": "1"},
		{"ipv4/conf/all/route_localnet": "1"},
		{"ipv4/conf/default/rp_filter": "2", "ipv4/conf/default/forwarding": "1", "ipv4/conf/default/route_localnet": "1"},
		{},
	} {
		t.Run(fmt.Sprint(host), func(t *testing.T) {
			ns := newNamespace(t)
			visit(t, ns, func() error {
				for key, value := range host {
					if err := os.WriteFile("/proc/sys/net/"+key, []byte(value), 0); err != nil {
						return err
					}
				}
				inside, err := openRTNetlink()
				if err != nil {
					return err
				}
				defer inside.close()
				if err := s.configure(inside, false); err != nil {
					return err
				}
				e := EndpointInfo{
					Network: "n", Interface: "eth0", IPv4: n.Gateway.Next(), Prefix: 24,
					MAC: ether.MACFor(n.Gateway.Next()).String(), Gateway: n.Gateway, RouterEnd: newLinkName(),
				}
				if err := attachAll(ns, inside, []port{{EndpointInfo: e, bridge: s.networks["n"].index, links: s.links, mtu: MTU, route4: true}}, false); err != nil {
					return err
				}
				for key, want := range map[string]string{
					"ipv4/ip_forward": "0", "ipv4/ip_unprivileged_port_start": "0", "ipv6/conf/eth0/disable_ipv6": "1",
					"ipv4/conf/all/rp_filter": "0", "ipv4/conf/all/route_localnet": "0",
					"ipv4/conf/eth0/rp_filter": "0", "ipv4/conf/eth0/route_localnet": "0", "ipv4/conf/eth0/forwarding": "0",
				} {
					got, err := os.ReadFile("/proc/sys/net/" + key)
					if os.IsNotExist(err) && strings.HasPrefix(key, "ipv6/") {
						continue // a kernel without IPv6
					}
					if err != nil || strings.TrimSpace(string(got)) != want {
						t.Errorf("%s is %q, want %s (%v)", key, got, want, err)
					}
				}
				return nil
			})
		})
	}
}

// The first failure of a packet of requests is told, with its cause, and those
// after it do not hide it.
func TestTheFailingRequestIsNamed(t *testing.T) {
	if !isolated(t) {
		return
	}
	visit(t, newNamespace(t), func() error {
		r, err := openRTNetlink()
		if err != nil {
			return err
		}
		defer r.close()
		for range 2 { // the socket is in order afterwards
			err := r.do(nil, upRequest(99).named("set number 99 up"), loopbackUp())
			if err == nil || err.Error() != "set number 99 up: no such device" {
				t.Errorf("got %v", err)
			}
		}
		if err := r.do(nil, loopbackUp()); err != nil {
			t.Error(err)
		}
		if _, err := r.indexOf("eth9"); err == nil {
			t.Error("eth9 was found")
		}
		if i, err := r.indexOf("lo"); i != loopback || err != nil {
			t.Errorf("lo is number %d, %v", i, err)
		}
		lo, err := net.InterfaceByName("lo")
		if err != nil || lo.Flags&net.FlagUp == 0 {
			t.Errorf("lo is %v, %v", lo, err)
		}
		return nil
	})
}

func TestClean(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"neither":           {"\x02\x00\x00\x00\x08\x00\x02\x00\x00\x00\x00\x00\x08\x00\x03\x00\x00\x00\x00\x00", true},
		"forwards":          {"\x02\x00\x00\x00\x08\x00\x02\x00\x01\x00\x00\x00\x08\x00\x03\x00\x00\x00\x00\x00", false},
		"filters":           {"\x02\x00\x00\x00\x08\x00\x02\x00\x00\x00\x00\x00\x08\x00\x03\x00\x02\x00\x00\x00", false},
		"says only one":     {"\x02\x00\x00\x00\x08\x00\x02\x00\x00\x00\x00\x00", false},
		"cut off":           {"\x02\x00\x00\x00\x08\x00\x02\x00\x00", false},
		"short header":      {"\x02", false},
		"value of 2 bytes":  {"\x02\x00\x00\x00\x06\x00\x02\x00\x00\x00\x00\x00\x08\x00\x03\x00\x00\x00\x00\x00", false},
		"no attribute else": {"\x02\x00\x00\x00", false},
	} {
		if got := clean([]byte(c.body)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
