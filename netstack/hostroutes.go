package netstack

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// shortest is the shortest prefix that counts as somebody's network. Shorter
// ones are default routes in disguise (VPNs use 0.0.0.0/1 and 128.0.0.0/1).
const shortest = 7

// everywhere6 are IPv6 ranges that each interface has (RFC 4291).
var everywhere6 = []netip.Prefix{netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("ff00::/8"), netip.MustParsePrefix("::/96")}

// hostRoutes lists the ranges of a family that the host routes, of all tables:
// VPNs like to have a table of their own. To be called from an ordinary goroutine,
// whose sockets belong to the host's net namespace. Addresses of the host are
// in it as routes of the local table.
func hostRoutes(family int) ([]netip.Prefix, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	defer h.Close()
	routes, err := dump(func() ([]netlink.Route, error) {
		return h.RouteListFiltered(family, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var out []netip.Prefix
	for _, r := range routes {
		if p, ok := prefixOf(r.Dst); ok && p.Bits() >= shortest && !ipam.Overlaps(p, everywhere6) {
			out = append(out, p)
		}
	}
	return out, nil
}
