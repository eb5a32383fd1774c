package netstack

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
)

// addrGenNone: an interface gets no link-local address by itself
// (IN6_ADDR_GEN_MODE_NONE of linux/if_link.h). It gets one from us, which counts
// at once: detection of duplicates would keep it back for a second or two.
const addrGenNone = 1

var (
	// noIPv6 keeps interfaces without IPv6 that come later. The loopback interface
	// was made before and keeps its ::1. A new namespace has 0 here, so there is
	// nothing to read, unless the machine was booted with IPv6 off.
	noIPv6 = setting{key: "ipv6/conf/default/disable_ipv6", value: "1", fresh: true, optional: true}
	// With net.core.devconf_inherit_init_net=1 a namespace copies the host's.
	noForward6 = setting{key: "ipv6/conf/all/forwarding", value: "0", optional: true}
	// Nobody announces routers here but a neighbour that wants to be one.
	noAdvertisements = setting{key: "ipv6/conf/default/accept_ra", value: "0", fresh: true}
)

// ofInterface is a setting of one interface, and not of those to come.
func ofInterface(name, key, value string) setting {
	return setting{key: "ipv6/conf/" + name + "/" + key, value: value}
}

// errNoIPv6 says that the kernel has none.
var errNoIPv6 = errors.New("this kernel has IPv6 off (the boot parameter ipv6.disable=1?): remove enable_ipv6, or boot with IPv6")

// bridgeIPv6 lets a bridge, which is down, have IPv6. It runs on the worker in R.
func bridgeIPv6(bridge string) error {
	err := applySettings([]setting{
		ofInterface(bridge, "accept_ra", "0"), ofInterface(bridge, "forwarding", "0"), ofInterface(bridge, "disable_ipv6", "0"),
	})
	if errors.Is(err, fs.ErrNotExist) {
		return errNoIPv6
	}
	return err
}

// allowIPv6 lets the interfaces to come have IPv6, in the calling thread's
// namespace, which is new.
func allowIPv6() error {
	on := setting{key: "ipv6/conf/default/disable_ipv6", value: "0"}
	was, err := on.read()
	if errors.Is(err, fs.ErrNotExist) {
		return errNoIPv6
	}
	if err == nil && was != on.value {
		// Booted with it off for every interface: loopback has lost its ::1.
		// To write to all/ goes to each, also where all/ itself has the value.
		err = setting{key: "ipv6/conf/all/disable_ipv6", value: on.value, fresh: true}.apply()
	}
	return errors.Join(err, applySettings([]setting{noAdvertisements, noForward6}))
}

// interfaceIPv6 gives an interface, which is down, IPv6 or not, where that differs
// from what it was born with. It runs on the worker, in the interface's namespace.
func interfaceIPv6(name string, want, born bool) error {
	switch {
	case want == born:
		return nil
	case want:
		return applySettings([]setting{ofInterface(name, "accept_ra", "0"), ofInterface(name, "forwarding", "0"), ofInterface(name, "disable_ipv6", "0")})
	}
	off := ofInterface(name, "disable_ipv6", "1")
	off.optional = true
	return applySettings([]setting{off})
}

// hasIPv6 reports what interfaces to come are born with.
func hasIPv6() bool {
	v, err := setting{key: noIPv6.key}.read()
	return err == nil && v == "0"
}

// addressesOf are all addresses of an endpoint's interface, those of the network
// first: the kernel prefers the first of a family as its own.
func addressesOf(e EndpointInfo, mac net.HardwareAddr) (all []netip.Prefix) {
	if e.IPv4.IsValid() {
		all = append(all, netip.PrefixFrom(e.IPv4, e.Prefix))
	}
	if e.IPv6.IsValid() {
		all = append(all, netip.PrefixFrom(e.IPv6, e.Prefix6), netip.PrefixFrom(ether.LinkLocal(mac), 64))
	}
	for _, a := range e.LinkLocal {
		// docker's: the whole of link-local space is on the link (RFC 3927, RFC 4291).
		all = append(all, netip.PrefixFrom(a, map[bool]int{true: 16, false: 64}[a.Is4()]))
	}
	return all
}
