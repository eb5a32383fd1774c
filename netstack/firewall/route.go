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

// routeMarked makes every address local for packets with our marks, in the calling
// thread's namespace (ip-rule(8)). What is there already is no error.
func routeMarked() error {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	defer h.Close()
	v4 := &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}
	if err := routeFamily(h, unix.AF_INET, v4); err != nil {
		return err
	}
	err = routeFamily(h, unix.AF_INET6, &net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)})
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP) {
		return nil // no IPv6 in this kernel
	}
	return err
}

func routeFamily(h *netlink.Handle, family int, all *net.IPNet) error {
	for _, mark := range []uint32{MarkLocal, MarkInjected} {
		rule := netlink.NewRule()
		rule.Family, rule.Mark, rule.Table, rule.Priority = family, mark, table, table
		if err := h.RuleAdd(rule); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("make marked packets local (ip rule fwmark %d lookup %d): %w", mark, table, err)
		}
	}
	err := h.RouteAdd(&netlink.Route{Table: table, Dst: all, Type: unix.RTN_LOCAL, Scope: netlink.SCOPE_HOST, LinkIndex: 1})
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("make marked packets local (ip route local %s table %d): %w", all, table, err)
	}
	return nil
}
