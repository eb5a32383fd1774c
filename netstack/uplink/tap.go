package uplink

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Tap is the interface's name in the router namespace.
const Tap = "mctap0"

// MTU of the tap: what all helpers take at most, so that a segment of a
// container needs no cutting up.
const MTU = 65520

// aliasPrefix begins the tap's alias, which ends with the helper's name.
const aliasPrefix = "uplink "

// State is a tap as it is.
type State struct {
	Helper string
	Plan   Plan
	Index  int
}

// Make makes the tap with its addresses and R's default routes. To be called on a
// thread that is in R; h is a netlink socket of R. On failure nothing is left.
func Make(h *netlink.Handle, helper string, p Plan) (s State, err error) {
	if err := create(); err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, Remove(h))
		}
	}()
	link, err := h.LinkByName(Tap)
	if err != nil {
		return s, fmt.Errorf("look up tap %s: %w", Tap, err)
	}
	s = State{Helper: helper, Plan: p, Index: link.Attrs().Index}
	// New interfaces of R have no IPv6 of their own making.
	v6 := "1"
	if p.Subnet6.IsValid() {
		v6 = "0"
	}
	err = os.WriteFile("/proc/sys/net/ipv6/conf/"+Tap+"/disable_ipv6", []byte(v6), 0)
	if err != nil && p.Subnet6.IsValid() {
		return s, fmt.Errorf("IPv6 of tap %s: %w", Tap, err)
	}
	for _, step := range []func() error{
		func() error { return h.LinkSetMTU(link, MTU) },
		func() error { return h.LinkSetUp(link) },
		func() error { return address(h, link, p.Subnet) },
		func() error { return address(h, link, p.Subnet6) },
		// The alias comes last: a tap without one is known to be half made.
		func() error { return h.LinkSetAlias(link, aliasPrefix+helper) },
	} {
		if err := step(); err != nil {
			return s, fmt.Errorf("set up tap %s: %w", Tap, err)
		}
	}
	return s, nil
}

// create makes the persistent tap (Documentation/networking/tuntap.rst).
func create() error {
	dev, err := openDevice(Device)
	if err != nil {
		return err
	}
	defer dev.Close()
	req, err := unix.NewIfreq(Tap)
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(int(dev.Fd()), unix.TUNSETIFF, req); err != nil {
		return fmt.Errorf("make tap %s (TUNSETIFF): %w", Tap, err)
	}
	if err := unix.IoctlSetInt(int(dev.Fd()), unix.TUNSETPERSIST, 1); err != nil {
		return fmt.Errorf("keep tap %s (TUNSETPERSIST): %w", Tap, err)
	}
	return nil
}

// address gives the tap its address in a range, and R the default route by it.
func address(h *netlink.Handle, link netlink.Link, p netip.Prefix) error {
	if !p.IsValid() {
		return nil
	}
	own := Own(p)
	a := &netlink.Addr{IPNet: &net.IPNet{IP: own.AsSlice(), Mask: net.CIDRMask(p.Bits(), own.BitLen())}}
	if own.Is6() {
		a.Flags = unix.IFA_F_NODAD
	}
	if err := h.AddrReplace(link, a); err != nil {
		return fmt.Errorf("address %s: %w", own, err)
	}
	r := &netlink.Route{LinkIndex: link.Attrs().Index, Gw: Gateway(p).AsSlice()}
	if err := h.RouteReplace(r); err != nil {
		return fmt.Errorf("default route by %s: %w", Gateway(p), err)
	}
	return nil
}

// Read finds the tap that an earlier process made; ok is false if there is none.
// One that is half made is removed.
func Read(h *netlink.Handle) (s State, ok bool, err error) {
	link, err := h.LinkByName(Tap)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("look up tap %s: %w", Tap, err)
	}
	helper, whole := strings.CutPrefix(link.Attrs().Alias, aliasPrefix)
	if !whole {
		return s, false, Remove(h)
	}
	s = State{Helper: helper, Index: link.Attrs().Index}
	addrs, err := h.AddrList(link, unix.AF_UNSPEC)
	if err != nil {
		return s, false, fmt.Errorf("read the addresses of tap %s: %w", Tap, err)
	}
	for _, a := range addrs {
		ip, _ := netip.AddrFromSlice(a.IP)
		ones, _ := a.Mask.Size()
		switch p := netip.PrefixFrom(ip.Unmap(), ones).Masked(); {
		case p.Addr().Is4():
			s.Plan.Subnet = p
		case !p.Addr().IsLinkLocalUnicast():
			s.Plan.Subnet6 = p
		}
	}
	if !s.Plan.Subnet.IsValid() {
		return State{}, false, Remove(h)
	}
	return s, true, nil
}

// Remove removes the tap, and with it R's default routes. One that does not exist
// is no error.
func Remove(h *netlink.Handle) error {
	link, err := h.LinkByName(Tap)
	if err == nil {
		err = h.LinkDel(link)
	}
	if err != nil && !errors.As(err, &netlink.LinkNotFoundError{}) && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("remove tap %s: %w", Tap, err)
	}
	return nil
}

// Attached reports whether a helper holds the tap: then it has a carrier.
func Attached(h *netlink.Handle) (bool, error) {
	link, err := h.LinkByName(Tap)
	if err != nil {
		return false, fmt.Errorf("look up tap %s: %w", Tap, err)
	}
	return link.Attrs().RawFlags&unix.IFF_LOWER_UP != 0, nil
}
