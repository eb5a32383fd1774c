package project

import (
	"fmt"
	"slices"
	"strings"
)

// Uplink names the way out of a project's networks.
type Uplink string

// The uplinks. The zero value means that nothing was said.
const (
	UplinkRelay       Uplink = "relay"       // our own: connections are made again from the host
	UplinkPasta       Uplink = "pasta"       // pasta(1) on a tap
	UplinkSlirp4netns Uplink = "slirp4netns" // slirp4netns(1) on a tap
	UplinkGvisor      Uplink = "gvisor"      // gVisor's network stack on a tap; not in every build
	UplinkNone        Uplink = "none"        // no way out
)

// Uplinks are all uplinks, the default first.
func Uplinks() []Uplink {
	return []Uplink{UplinkRelay, UplinkPasta, UplinkSlirp4netns, UplinkGvisor, UplinkNone}
}

// ParseUplink reads the name of an uplink; "" is allowed. The error lists the names.
func ParseUplink(s string) (Uplink, error) {
	u := Uplink(s)
	if s == "" || slices.Contains(Uplinks(), u) {
		return u, nil
	}
	var names []string
	for _, k := range Uplinks() {
		names = append(names, string(k))
	}
	return "", fmt.Errorf("%q is not an uplink: use %s", s, strings.Join(names, ", "))
}
