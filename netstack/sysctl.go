package netstack

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// setting is one file below /proc/sys/net. That directory shows the settings of
// the namespace of the thread that opens the file, so all of this happens on
// the worker.
type setting struct {
	key, value string
	fresh      bool // a new namespace never has the value: written without reading
	optional   bool // absent on some kernels, or nothing depends on it
}

// A new namespace copies the host's IPv4 settings (net.core.devconf_inherit_init_net=0
// means that), so nothing about them can be assumed: a host that forwards would
// make every service with two networks a router between them.
//
// Each file of a new namespace costs the kernel three or four new entries of
// /proc, about 20 µs. So in a container the files are the second choice:
// endpoints get their own values by netlink (endpointSettings), and whether all/
// has the right ones is asked by netlink too (askInherited).
var (
	// ip_forward goes first: writing it resets other settings (ip-sysctl.rst).
	inherited = []setting{
		{key: "ipv4/ip_forward", value: "0"},
		// Loose ways of arrival are legal here: a published connection may keep
		// its client's address and come in by any endpoint.
		{key: "ipv4/conf/all/rp_filter", value: "0"},
		{key: "ipv4/conf/default/rp_filter", value: "0"},
	}
	// Some cluster software sets these on hosts; here they would open every
	// service's loopback to its neighbours. Netlink does not tell them.
	localNet        = setting{key: "ipv4/conf/all/route_localnet", value: "0"}
	localNetDefault = setting{key: "ipv4/conf/default/route_localnet", value: "0"}

	routerSettings = []setting{
		localNet, localNetDefault, noIPv6, noForward6,
		// Where br_netfilter is loaded these are 1 in a new namespace, and bridged
		// packets would pass through IP rules that are not meant for them.
		{key: "bridge/bridge-nf-call-iptables", value: "0", optional: true},
		{key: "bridge/bridge-nf-call-ip6tables", value: "0", optional: true},
		{key: "bridge/bridge-nf-call-arptables", value: "0", optional: true},
		// What the rules refuse is told each time, not once a second: whoever asks
		// is in the same project, and would wait for a time-out.
		{key: "ipv4/icmp_ratelimit", value: "0", optional: true},
		{key: "ipv6/icmp/ratelimit", value: "0", optional: true},
	}
	serviceSettings = []setting{
		localNet,
		// A service may listen on :80 without a capability, as with docker.
		{key: "ipv4/ip_unprivileged_port_start", value: "0", fresh: true},
	}
)

// applySettings writes the settings for the calling thread's namespace.
func applySettings(lists ...[]setting) error {
	for _, list := range lists {
		for _, s := range list {
			err := s.apply()
			if err == nil || s.optional && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
				continue
			}
			return err
		}
	}
	return nil
}

// apply writes only what differs: reading is cheaper than writing, which for
// some settings takes the kernel's one network lock. The file stays outside
// Go's poller, which would watch it.
func (s setting) apply() error {
	if err := s.write(); err != nil {
		return fmt.Errorf("set net.%s=%s: %w", strings.ReplaceAll(s.key, "/", "."), s.value, err)
	}
	return nil
}

// read is the present value.
func (s setting) read() (string, error) {
	fd, err := unix.Open("/proc/sys/net/"+s.key, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd) //nolint:errcheck // read is read
	var have [32]byte
	n, err := unix.Read(fd, have[:])
	return strings.TrimSpace(string(have[:max(n, 0)])), err
}

func (s setting) write() error {
	mode := unix.O_RDWR
	if s.fresh {
		mode = unix.O_WRONLY
	}
	fd, err := unix.Open("/proc/sys/net/"+s.key, mode|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd) //nolint:errcheck // written is written
	if !s.fresh {
		var have [32]byte
		if n, _ := unix.Read(fd, have[:]); n > 0 && strings.TrimSpace(string(have[:n])) == s.value {
			return nil
		}
	}
	_, err = unix.Pwrite(fd, []byte(s.value), 0)
	return err
}

// allowPing lets every group send ICMP echo without a capability. The kernel
// demands that both ends of the range are mapped in the user namespace.
func allowPing(lastGroup uint32) error {
	return setting{key: "ipv4/ping_group_range", value: fmt.Sprintf("0\t%d", min(lastGroup, math.MaxInt32)), fresh: true}.apply()
}

// lastMappedGroup is the highest group of the block that starts at group 0 in
// the user namespace that we are in (user_namespaces(7), gid_map).
func lastMappedGroup() (uint32, error) {
	b, err := os.ReadFile("/proc/self/gid_map")
	if err != nil {
		return 0, err
	}
	return lastGroupOf(string(b)), nil
}

func lastGroupOf(gidMap string) uint32 {
	next := uint64(0)
	for grown := true; grown; {
		grown = false
		for line := range strings.Lines(gidMap) {
			var inside, outside, n uint64
			if _, err := fmt.Sscan(line, &inside, &outside, &n); err == nil && inside == next && n > 0 {
				next, grown = inside+n, true
			}
		}
	}
	if next == 0 {
		return 0
	}
	return uint32(min(next-1, math.MaxUint32-1))
}
