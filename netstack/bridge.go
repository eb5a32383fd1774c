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

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// MTU of bridges and endpoints. No packet ever meets a physical network: the
// way out and published ports end connections in R. So large packets cost
// nothing and save work.
const MTU = 65520

// A bridge's name tells what the kernel has no other place for: which are ours
// and which are internal. The network's own name is the interface's alias.
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

// macFor derives a hardware address from an IPv4 address: locally administered
// (IEEE 802, second bit of the first byte), and always the same, so that
// neighbours' ARP caches stay true when a service comes back.
func macFor(a netip.Addr) net.HardwareAddr {
	b := a.As4()
	return net.HardwareAddr{0x02, 0x6d, b[0], b[1], b[2], b[3]}
}

// router is the netlink side of R. It may be used from any goroutine: the
// socket belongs to R whoever uses it.
type router struct {
	*netlink.Handle
}

// makeBridge makes a bridge with an address and returns its index. On failure
// nothing is left.
func (r router) makeBridge(name, alias string, gateway netip.Prefix) (index int, err error) {
	// A fixed address: otherwise the bridge takes the lowest of its ports', and
	// the gateway would move whenever a service comes or goes.
	link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{
		Name: name, MTU: MTU, HardwareAddr: macFor(gateway.Addr()), TxQLen: -1,
	}}
	if err := r.LinkAdd(link); err != nil {
		if errors.Is(err, unix.EOPNOTSUPP) {
			return 0, fmt.Errorf("make bridge %s: the kernel has no bridges: load the module as root with `modprobe bridge`: %w", name, err)
		}
		return 0, fmt.Errorf("make bridge %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.deleteLink(name))
		}
	}()
	made, err := r.LinkByName(name)
	if err != nil {
		return 0, fmt.Errorf("look up bridge %s: %w", name, err)
	}
	if err := r.LinkSetAlias(made, alias); err != nil {
		return 0, fmt.Errorf("name bridge %s: %w", name, err)
	}
	if err := r.LinkSetUp(made); err != nil {
		return 0, fmt.Errorf("set bridge %s up: %w", name, err)
	}
	// The address comes last: a bridge without one is known to be half made.
	if err := r.AddrAdd(made, &netlink.Addr{IPNet: ipNet(gateway)}); err != nil {
		return 0, fmt.Errorf("give bridge %s the address %s: %w", name, gateway, err)
	}
	return made.Attrs().Index, nil
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
// deleted: nothing can stand on them.
func (r router) bridges() (map[string]*network, error) {
	links, err := dump(r.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list the interfaces of the router namespace: %w", err)
	}
	found := map[string]*network{}
	for _, l := range links {
		name := l.Attrs().Name
		internal := strings.HasPrefix(name, internalPrefix)
		if l.Type() != "bridge" || !internal && !strings.HasPrefix(name, bridgePrefix) {
			continue
		}
		space, err := r.spaceOf(l)
		if err != nil {
			return nil, err
		}
		if space == nil || l.Attrs().Alias == "" {
			if err := r.deleteLink(name); err != nil {
				return nil, err
			}
			continue
		}
		n := &network{name: l.Attrs().Alias, bridge: name, index: l.Attrs().Index, internal: internal, space: space}
		found[n.name] = n
	}
	return found, nil
}

// spaceOf reads the subnet and gateway back from the bridge's address; nil if
// it has none.
func (r router) spaceOf(bridge netlink.Link) (*ipam.Space, error) {
	addrs, err := dump(func() ([]netlink.Addr, error) { return r.AddrList(bridge, unix.AF_INET) })
	if err != nil {
		return nil, fmt.Errorf("read the address of bridge %s: %w", bridge.Attrs().Name, err)
	}
	if len(addrs) == 0 {
		return nil, nil //nolint:nilnil // no address is an answer
	}
	p, ok := prefixOf(addrs[0].IPNet)
	if !ok {
		return nil, fmt.Errorf("bridge %s has the strange address %s", bridge.Attrs().Name, addrs[0])
	}
	return ipam.NewSpace(p.Masked(), p.Addr())
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
