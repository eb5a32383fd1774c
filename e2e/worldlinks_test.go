package e2e

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/worldtest"
)

// The world, in addresses that are for documentation (RFC 5737, RFC 3849):
//
//	lan 192.0.2.7 ──── 192.0.2.1 internet 198.51.100.1 ──── 198.51.100.2 eth0 host
//	                             203.0.113.10, .53, .77                      vpn0 198.18.200.1
//	                                                                           │
//	                             203.0.113.77, .78 vpn 198.18.200.2 ───────────┘
//
// internet routes between all; it answers on its addresses, vpn on its own. vpn
// is reached only by routes that a test adds. 198.18.1.1 is unreachable (internet
// has no route), 198.18.2.1 is a black hole. IPv6 is the same with 2001:db8::/32.
var worldAddrs = map[string]string{
	"echo4": "203.0.113.10:7", "echo6": "[2001:db8:cb::10]:7",
	"web4": "203.0.113.10:80", "web6": "[2001:db8:cb::10]:80",
	"dns4": "203.0.113.53:53", "dns6": "[2001:db8:cb::53]:53",
	"closed4": "203.0.113.10:1", "closed6": "[2001:db8:cb::10]:1",
	"reset4": "203.0.113.10:2001", "deaf4": "203.0.113.10:2002", "drip4": "203.0.113.10:2003",
	"unreachable4": "198.18.1.1:7", "unreachable6": "[2001:db8:bad::1]:7",
	"hole4": "198.18.2.1:7", "hole6": "[2001:db8:dead::1]:7",
	"both4": "203.0.113.77:7", // internet answers, and vpn when the route leads there
	"vpn4":  "203.0.113.78:7", // vpn alone
	"host4": "198.51.100.2:7", "host6": "[2001:db8:64::2]:7",
	"lan4": "192.0.2.7:7", "lan6": "[2001:db8:c0::7]:7",
}

var worldLinks = []struct{ where, script string }{
	{"internet", `
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit
for a in 203.0.113.10 203.0.113.53 203.0.113.77; do ip addr add $a/32 dev lo; done
for a in 2001:db8:cb::10 2001:db8:cb::53; do ip addr add $a/128 dev lo nodad; done
ip link add host0 type veth peer name eth0 netns $host
ip link add lan0 type veth peer name eth0 netns $lan
ip addr add 198.51.100.1/24 dev host0; ip addr add 2001:db8:64::1/64 dev host0 nodad
ip addr add 192.0.2.1/24 dev lan0; ip addr add 2001:db8:c0::1/64 dev lan0 nodad
ip link set host0 up; ip link set lan0 up
ip route add blackhole 198.18.2.0/24; ip -6 route add blackhole 2001:db8:dead::/48
`},
	{"host", `
ip link set lo up
echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range || echo 0 0 > /proc/sys/net/ipv4/ping_group_range # with one id there are no others
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit
ip addr add 198.51.100.2/24 dev eth0; ip addr add 2001:db8:64::2/64 dev eth0 nodad; ip link set eth0 up
ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:64::1
ip link add vpn0 type veth peer name host0 netns $vpn
ip addr add 198.18.200.1/30 dev vpn0; ip link set vpn0 up
`},
	{"lan", `
ip link set lo up; ip addr add 192.0.2.7/24 dev eth0; ip addr add 2001:db8:c0::7/64 dev eth0 nodad; ip link set eth0 up
ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8:c0::1
`},
	{"vpn", `
ip link set lo up
for a in 203.0.113.77 203.0.113.78; do ip addr add $a/32 dev lo; done
ip addr add 198.18.200.2/30 dev host0; ip link set host0 up
`},
}

// partyAddrs are where a party answers.
var partyAddrs = map[string][]string{
	"internet": {"203.0.113.10", "203.0.113.53", "203.0.113.77", "2001:db8:cb::10", "2001:db8:cb::53"},
	"vpn":      {"203.0.113.77", "203.0.113.78"},
}

// serveParty is what TestMain does in the process of a party: it answers until
// its input ends.
func serveParty(party string) (int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var addrs []netip.Addr
	for _, a := range partyAddrs[party] {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	if _, err := worldtest.Serve(ctx, party, addrs...); err != nil {
		return 1, err
	}
	fmt.Println("serving")
	_, err := io.Copy(io.Discard, os.Stdin)
	return 0, err
}
