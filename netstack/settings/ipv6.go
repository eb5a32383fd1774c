package settings

import (
	"errors"
	"io/fs"
)

var (
	// noIPv6 keeps interfaces without IPv6 that come later. The loopback interface
	// was made before and keeps its ::1. A new namespace has 0 here, so there is
	// nothing to read, unless the machine was booted with IPv6 off.
	noIPv6 = Setting{Key: "ipv6/conf/default/disable_ipv6", Value: "1", Fresh: true, Optional: true}
	// With net.core.devconf_inherit_init_net=1 a namespace copies the host's.
	noForward6 = Setting{Key: "ipv6/conf/all/forwarding", Value: "0", Optional: true}
	// Nobody announces routers here but a neighbour that wants to be one.
	noAdvertisements = Setting{Key: "ipv6/conf/default/accept_ra", Value: "0", Fresh: true}
)

// ofInterface is a setting of one interface, and not of those to come.
func ofInterface(name, key, value string) Setting {
	return Setting{Key: "ipv6/conf/" + name + "/" + key, Value: value}
}

// errNoIPv6 says that the kernel has none.
var errNoIPv6 = errors.New("this kernel has IPv6 off (the boot parameter ipv6.disable=1?): remove enable_ipv6, or boot with IPv6")

// BridgeIPv6 lets a bridge, which is down, have IPv6. It runs on the worker in R.
func BridgeIPv6(bridge string) error {
	err := Apply([]Setting{
		ofInterface(bridge, "accept_ra", "0"), ofInterface(bridge, "forwarding", "0"), ofInterface(bridge, "disable_ipv6", "0"),
	})
	if errors.Is(err, fs.ErrNotExist) {
		return errNoIPv6
	}
	return err
}

// AllowIPv6 lets the interfaces to come have IPv6, in the calling thread's
// namespace, which is new.
func AllowIPv6() error {
	on := Setting{Key: "ipv6/conf/default/disable_ipv6", Value: "0"}
	was, err := on.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return errNoIPv6
	}
	if err == nil && was != on.Value {
		// Booted with it off for every interface: loopback has lost its ::1.
		// To write to all/ goes to each, also where all/ itself has the value.
		err = Setting{Key: "ipv6/conf/all/disable_ipv6", Value: on.Value, Fresh: true}.Apply()
	}
	return errors.Join(err, Apply([]Setting{noAdvertisements, noForward6}))
}

// WithoutIPv6 keeps the interfaces to come without it, in the calling thread's
// namespace.
func WithoutIPv6() error { return Apply([]Setting{noIPv6}) }

// AnnounceIPv6 has an interface, which is down, tell its neighbours its hardware
// address when it comes up.
func AnnounceIPv6(name string) error { return Apply([]Setting{ofInterface(name, "ndisc_notify", "1")}) }

// InterfaceIPv6 gives an interface, which is down, IPv6 or not, where that differs
// from what it was born with. It runs on the worker, in the interface's namespace.
func InterfaceIPv6(name string, want, born bool) error {
	switch {
	case want == born:
		return nil
	case want:
		return Apply([]Setting{ofInterface(name, "accept_ra", "0"), ofInterface(name, "forwarding", "0"), ofInterface(name, "disable_ipv6", "0")})
	}
	off := ofInterface(name, "disable_ipv6", "1")
	off.Optional = true
	return Apply([]Setting{off})
}

// HasIPv6 reports what interfaces to come are born with.
func HasIPv6() bool {
	v, err := Setting{Key: noIPv6.Key}.Read()
	return err == nil && v == "0"
}
