package netstack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/netstack/ipam"
	"github.com/mocker-compose/mocker-compose/netstack/settings"
)

// MTU of bridges and endpoints. No packet ever meets a physical network: the
// way out and published ports end connections in R. So large packets cost
// nothing and save work.
const MTU = 65520

// A bridge's name follows from its network's, unless the file gives it one, and
// tells which are internal. The network's own name is the interface's alias.
const (
	bridgePrefix   = "mcb"
	internalPrefix = "mci"
)

// bridgeName derives the interface name, of at most 15 bytes, of a network.
func bridgeName(network string, internal bool) string {
	prefix := bridgePrefix
	if internal {
		prefix = internalPrefix
	}
	sum := sha256.Sum256([]byte(network))
	return prefix + hex.EncodeToString(sum[:5])
}

// What the kernel keeps of a network besides: bits of the bridge's group number
// (ip-link(8)), which nothing else uses in R.
const (
	groupInternal = 1 << iota
	groupIsolated
)

func (n *network) group() (g uint32) {
	if n.internal {
		g |= groupInternal
	}
	if n.isolated {
		g |= groupIsolated
	}
	return g
}

// router is the netlink side of R. It may be used from any goroutine: the
// socket belongs to R whoever uses it.
type router struct {
	*netlink.Handle
}

// makeBridge makes a network's bridge in R and enters its index. On failure
// nothing is left.
func (s *Stack) makeBridge(n *network) (err error) {
	// A fixed hardware address: otherwise the bridge takes the lowest of its
	// ports', and the gateway would move whenever a service comes or goes.
	link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{
		Name: n.bridge, HardwareAddr: ether.MACFor(n.gateway()), TxQLen: -1, Group: n.group(),
	}}
	err = cause.Forced("bridge")
	if err == nil {
		err = n.router.LinkAdd(link)
	}
	if err != nil {
		if errors.Is(err, unix.EOPNOTSUPP) {
			return &cause.Error{Doing: "make bridge " + n.bridge, Err: err, Cause: cause.Bridge(cause.Here())}
		}
		return fmt.Errorf("make bridge %s: %w", n.bridge, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.router.deleteLink(n.bridge))
		}
	}()
	made, err := n.router.LinkByName(n.bridge)
	if err != nil {
		return fmt.Errorf("look up bridge %s: %w", n.bridge, err)
	}
	// Set apart: a bridge that was only made with it takes the lowest of its ports',
	// and 1500 when it has lost them all (br_mtu_auto_adjust).
	if err := n.router.LinkSetMTU(made, n.mtu); err != nil {
		return fmt.Errorf("set the MTU of bridge %s to %d: %w", n.bridge, n.mtu, err)
	}
	if n.v6 != nil {
		if err := s.worker.do(s.routerNS, func() error { return settings.BridgeIPv6(n.bridge) }); err != nil {
			return err
		}
		if err := n.router.LinkSetIP6AddrGenMode(made, addrGenNone); err != nil {
			return fmt.Errorf("set bridge %s to no address of its own: %w", n.bridge, err)
		}
	}
	if err := n.router.LinkSetUp(made); err != nil {
		return fmt.Errorf("set bridge %s up: %w", n.bridge, err)
	}
	for _, a := range n.bridgeAddresses() {
		if err := n.router.AddrAdd(made, a); err != nil {
			return fmt.Errorf("give bridge %s the address %s: %w", n.bridge, a.IPNet, err)
		}
	}
	// The alias comes last: a bridge without one is known to be half made.
	if err := n.router.LinkSetAlias(made, n.name); err != nil {
		return fmt.Errorf("name bridge %s: %w", n.bridge, err)
	}
	n.index = made.Attrs().Index
	return nil
}

// bridgeLocal is every bridge's link-local address, as with docker.
var bridgeLocal = netip.MustParsePrefix("fe80::1/64")

func (n *network) bridgeAddresses() (all []*netlink.Addr) {
	for _, s := range n.spaces() {
		all = append(all, &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(s.Gateway(), s.Subnet().Bits()))})
	}
	if n.v6 != nil {
		all[len(all)-1].Flags = unix.IFA_F_NODAD // nobody else has it; to look for them would take seconds
		all = append(all, &netlink.Addr{IPNet: ipNet(bridgeLocal), Flags: unix.IFA_F_NODAD})
	}
	return all
}

// has reports whether an interface exists.
func (r router) has(name string) (bool, error) {
	_, err := r.LinkByName(name)
	if errors.As(err, &netlink.LinkNotFoundError{}) || errors.Is(err, unix.ENODEV) {
		return false, nil
	}
	return err == nil, err
}

// deleteLink deletes an interface. One that does not exist is no error.
func (r router) deleteLink(name string) error {
	link, err := r.LinkByName(name)
	if err == nil {
		err = r.LinkDel(link)
	}
	if errors.As(err, &netlink.LinkNotFoundError{}) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete interface %s: %w", name, err)
	}
	return nil
}

// bridges finds the networks that an earlier process made. Half-made ones are
// deleted: nothing can stand on them. links is the worker's socket of R.
func (r router) bridges(links rtnetlink) (map[string]*network, error) {
	all, err := dump(r.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list the interfaces of the router namespace: %w", err)
	}
	found := map[string]*network{}
	for _, l := range all {
		a := l.Attrs()
		if l.Type() != "bridge" {
			continue
		}
		n := &network{
			name: a.Alias, bridge: a.Name, index: a.Index, mtu: a.MTU,
			internal: a.Group&groupInternal != 0 || strings.HasPrefix(a.Name, internalPrefix),
			isolated: a.Group&groupIsolated != 0, router: r, links: links,
		}
		if err := r.readSpaces(l, n); err != nil {
			return nil, err
		}
		if n.name == "" || len(n.spaces()) == 0 {
			if err := r.deleteLink(a.Name); err != nil {
				return nil, err
			}
			continue
		}
		found[n.name] = n
	}
	return found, nil
}

// readSpaces reads the subnets and gateways back from the bridge's addresses.
func (r router) readSpaces(bridge netlink.Link, n *network) error {
	addrs, err := dump(func() ([]netlink.Addr, error) { return r.AddrList(bridge, netlink.FAMILY_ALL) })
	if err != nil {
		return fmt.Errorf("read the addresses of bridge %s: %w", n.bridge, err)
	}
	for _, a := range addrs {
		p, ok := prefixOf(a.IPNet)
		if !ok || p.Addr().IsLinkLocalUnicast() && p.Addr().Is6() {
			continue
		}
		space, err := ipam.NewSpace(ipam.Config{Subnet: p.Masked(), Gateway: p.Addr()})
		if err != nil {
			return fmt.Errorf("bridge %s has the strange address %s: %w", n.bridge, a, err)
		}
		if p.Addr().Is4() {
			n.v4 = space
		} else {
			n.v6 = space
		}
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	a, ok := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(a.Unmap(), ones), ok
}
