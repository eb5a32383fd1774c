package netstack

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/netstack/commons"
	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/netstack/settings"
)

// exchangeBridge is the one bridge of a namespace X.
const exchangeBridge = "mcx"

// legPrefix begins the name, in R, of the leg on a shared network.
const legPrefix = "mcl"

// legName is the interface's name of the leg: as of a bridge of the network.
func legName(network string) string {
	return legPrefix + bridgeName(network, false)[len(bridgePrefix):]
}

// newX makes a namespace X.
func (s *Stack) newX(name string) (x *os.File, err error) {
	err = s.worker.leave(func() error {
		x, err = unshareNet("x/" + name)
		return err
	})
	return x, err
}

// openX opens what speaks to the kernel in X, and makes its bridge unless it is
// there. The caller has the registry's lock, so that nobody else makes it too.
func (s *Stack) openX(n *network) error {
	var u undo.Stack
	defer u.Run() //nolint:errcheck // the first error is the one that matters
	err := s.worker.do(n.shared.x, func() error {
		if err := settings.Apply(settings.Inherited, settings.Router); err != nil {
			return err
		}
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("netlink socket: %w", err)
		}
		u.Add("netlink socket", func() error { h.Close(); return nil })
		n.router = router{h}
		if n.links, err = openRTNetlink(); err != nil {
			return err
		}
		links := n.links
		u.Add("netlink socket", func() error { links.close(); return nil })
		return nil
	})
	if err != nil {
		return fmt.Errorf("the namespace of the shared network: %w", err)
	}
	if n.index, err = n.router.exchange(n.mtu); err != nil {
		return err
	}
	u.Release()
	return nil
}

// exchange makes the bridge of X, without any address, or takes the one that is
// there, and returns its index.
func (r router) exchange(mtu int) (int, error) {
	link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{
		Name: exchangeBridge, HardwareAddr: net.HardwareAddr{0x02, 0x6f, 0, 0, 0, 0}, TxQLen: -1,
	}}
	if err := r.LinkAdd(link); err != nil && !errors.Is(err, unix.EEXIST) {
		if errors.Is(err, unix.EOPNOTSUPP) {
			return 0, &cause.Error{Doing: "make the bridge", Err: err, Cause: cause.Bridge(cause.Here())}
		}
		return 0, fmt.Errorf("make the bridge: %w", err)
	}
	made, err := r.LinkByName(exchangeBridge)
	if err != nil {
		return 0, fmt.Errorf("look up the bridge: %w", err)
	}
	if made.Attrs().MTU != mtu {
		if err := r.LinkSetMTU(made, mtu); err != nil {
			return 0, fmt.Errorf("set the MTU of the bridge to %d: %w", mtu, err)
		}
	}
	if err := r.LinkSetUp(made); err != nil {
		return 0, fmt.Errorf("set the bridge up: %w", err)
	}
	return made.Attrs().Index, nil
}

// makeLeg gives R its leg in X, in place of one that is half made.
func (s *Stack) makeLeg(n *network, leg commons.Place) error {
	if err := s.router.deleteLink(n.bridge); err != nil {
		return err
	}
	info := EndpointInfo{Network: n.name, Interface: n.bridge, IPv4: leg.IPv4, IPv6: leg.IPv6, RouterEnd: leg.Link, MAC: ether.MACFor(n.gateway()).String()}
	if n.v4 != nil {
		info.Prefix = n.v4.Subnet().Bits()
	}
	if n.v6 != nil {
		info.Prefix6 = n.v6.Subnet().Bits()
	}
	p := port{EndpointInfo: info, bridge: n.index, links: n.links, mtu: n.mtu}
	err := s.worker.do(s.routerNS, func() error { return attachAll(s.routerNS, s.links, []port{p}, false) })
	if err != nil {
		return errors.Join(err, s.router.deleteLink(n.bridge))
	}
	link, err := s.router.LinkByName(n.bridge)
	if err == nil {
		// The alias comes last: a leg without one is known to be half made.
		err = s.router.LinkSetAlias(link, n.name)
	}
	return err
}

// hasLeg reports that R has its leg, whole.
func (s *Stack) hasLeg(n *network) bool {
	link, err := s.router.LinkByName(n.bridge)
	return err == nil && link.Attrs().Alias == n.name
}

// closeX closes what speaks to X; X lives on while somebody keeps it.
func (n *network) closeX() {
	if n.shared == nil {
		return
	}
	if n.router.Handle != nil {
		n.router.Close()
		n.links.close()
	}
	n.shared.x.Close()
}
