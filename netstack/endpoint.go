package netstack

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// newLinkName is a fresh name for the router's end of a veth pair. Fresh,
// because the kernel takes a namespace apart some time after its last user has
// gone, and until then the old name is taken.
func newLinkName() string {
	var b [5]byte
	rand.Read(b[:]) //nolint:errcheck // never fails (crypto/rand)
	return "mcv" + hex.EncodeToString(b[:])
}

// attachAll makes the sandbox's endpoints. h is its namespace's netlink socket.
func (s *Stack) attachAll(sb *Sandbox, h *netlink.Handle) error {
	routed := false
	for _, e := range sb.endpoints {
		s.mu.Lock()
		n := s.networks[e.Network]
		s.mu.Unlock()
		if n == nil {
			return fmt.Errorf("network %s was removed meanwhile", e.Network)
		}
		if err := s.attach(sb, h, e, n.index); err != nil {
			return fmt.Errorf("network %s: %w", e.Network, err)
		}
		if routed || n.internal {
			continue
		}
		if err := addDefaultRoute(h, e); err != nil {
			return fmt.Errorf("network %s: %w", e.Network, err)
		}
		routed = true
	}
	return nil
}

// attach makes one endpoint. When the namespace goes, so do both ends; nothing
// else needs undoing.
func (s *Stack) attach(sb *Sandbox, h *netlink.Handle, e EndpointInfo, bridge int) error {
	mac, err := net.ParseMAC(e.MAC)
	if err != nil {
		return err
	}
	err = withFD(sb.ns, func(fd int) error {
		return s.veths.add(veth{outer: e.RouterEnd, bridge: bridge, inner: e.Interface, mac: mac, ns: fd})
	})
	if err != nil {
		return fmt.Errorf("make veth pair %s-%s: %w", e.RouterEnd, e.Interface, err)
	}
	inner, err := h.LinkByName(e.Interface)
	if err != nil {
		return fmt.Errorf("look up %s: %w", e.Interface, err)
	}
	if err := h.AddrAdd(inner, &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(e.IPv4, e.Prefix))}); err != nil {
		return fmt.Errorf("give %s the address %s: %w", e.Interface, e.IPv4, err)
	}
	if err := h.LinkSetUp(inner); err != nil {
		return fmt.Errorf("set %s up: %w", e.Interface, err)
	}
	return nil
}

func addDefaultRoute(h *netlink.Handle, e EndpointInfo) error {
	if err := h.RouteAdd(&netlink.Route{Gw: e.Gateway.AsSlice()}); err != nil {
		return fmt.Errorf("default route by %s: %w", e.Gateway, err)
	}
	return nil
}
