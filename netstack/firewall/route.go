package firewall

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// table is the routing table in which every address is local.
const table = 100

// routeMarked makes every address local for packets with [MarkLocal], in the
// calling thread's namespace (ip-rule(8)). What is there already is no error.
func routeMarked() error {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	defer h.Close()
	for _, f := range []struct {
		family int
		all    *net.IPNet
	}{
		{unix.AF_INET, &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}},
		{unix.AF_INET6, &net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}},
	} {
		rule := netlink.NewRule()
		rule.Family, rule.Mark, rule.Table, rule.Priority = f.family, MarkLocal, table, table
		err := h.RuleAdd(rule)
		if err == nil || errors.Is(err, unix.EEXIST) {
			err = h.RouteAdd(&netlink.Route{Table: table, Dst: f.all, Type: unix.RTN_LOCAL, Scope: netlink.SCOPE_HOST, LinkIndex: 1})
		}
		switch {
		case err == nil, errors.Is(err, unix.EEXIST):
		case f.family == unix.AF_INET6 && (errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP)):
			return nil // no IPv6 in this kernel
		default:
			return fmt.Errorf("make marked packets local (ip rule fwmark %d lookup %d): %w", MarkLocal, table, err)
		}
	}
	return nil
}
