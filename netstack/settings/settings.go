package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Setting is one file below /proc/sys/net.
type Setting struct {
	Key, Value string
	Fresh      bool // a new namespace never has the value: written without reading
	Optional   bool // absent on some kernels, or nothing depends on it
}

var (
	// Inherited are those that a new namespace has from the host.
	// ip_forward goes first: writing it resets other settings (ip-sysctl.rst).
	Inherited = []Setting{
		{Key: "ipv4/ip_forward", Value: "0"},
		// Loose ways of arrival are legal here: a published connection may keep
		// its client's address and come in by any endpoint.
		{Key: "ipv4/conf/all/rp_filter", Value: "0"},
		{Key: "ipv4/conf/default/rp_filter", Value: "0"},
	}
	// Some cluster software sets these on hosts; here they would open every
	// service's loopback to its neighbours. Netlink does not tell them.
	localNet        = Setting{Key: "ipv4/conf/all/route_localnet", Value: "0"}
	localNetDefault = Setting{Key: "ipv4/conf/default/route_localnet", Value: "0"}

	// Router are those of a namespace with bridges.
	Router = []Setting{
		localNet, localNetDefault, noIPv6, noForward6,
		// Where br_netfilter is loaded these are 1 in a new namespace, and bridged
		// packets would pass through IP rules that are not meant for them.
		{Key: "bridge/bridge-nf-call-iptables", Value: "0", Optional: true},
		{Key: "bridge/bridge-nf-call-ip6tables", Value: "0", Optional: true},
		{Key: "bridge/bridge-nf-call-arptables", Value: "0", Optional: true},
		// What the rules refuse is told each time, not once a second: whoever asks
		// is in the same project, and would wait for a time-out.
		{Key: "ipv4/icmp_ratelimit", Value: "0", Optional: true},
		{Key: "ipv6/icmp/ratelimit", Value: "0", Optional: true},
	}
	// Service are those of a container.
	Service = []Setting{
		localNet,
		// A service may listen on :80 without a capability, as with docker.
		{Key: "ipv4/ip_unprivileged_port_start", Value: "0", Fresh: true},
	}
)

// Apply writes the settings for the calling thread's namespace.
func Apply(lists ...[]Setting) error {
	for _, list := range lists {
		for _, s := range list {
			err := s.Apply()
			if err == nil || s.Optional && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
				continue
			}
			return err
		}
	}
	return nil
}

// Apply writes only what differs: reading is cheaper than writing, which for
// some settings takes the kernel's one network lock. The file stays outside
// Go's poller, which would watch it.
func (s Setting) Apply() error {
	if err := s.write(); err != nil {
		return fmt.Errorf("set net.%s=%s: %w", strings.ReplaceAll(s.Key, "/", "."), s.Value, err)
	}
	return nil
}

// Read is the present value.
func (s Setting) Read() (string, error) {
	fd, err := unix.Open("/proc/sys/net/"+s.Key, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd) //nolint:errcheck // read is read
	var have [32]byte
	n, err := unix.Read(fd, have[:])
	return strings.TrimSpace(string(have[:max(n, 0)])), err
}

func (s Setting) write() error {
	mode := unix.O_RDWR
	if s.Fresh {
		mode = unix.O_WRONLY
	}
	fd, err := unix.Open("/proc/sys/net/"+s.Key, mode|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd) //nolint:errcheck // written is written
	if !s.Fresh {
		var have [32]byte
		if n, _ := unix.Read(fd, have[:]); n > 0 && strings.TrimSpace(string(have[:n])) == s.Value {
			return nil
		}
	}
	_, err = unix.Pwrite(fd, []byte(s.Value), 0)
	return err
}

// AllowPing lets every group send ICMP echo without a capability. The kernel
// demands that both ends of the range are mapped in the user namespace.
func AllowPing(lastGroup uint32) error {
	return Setting{Key: "ipv4/ping_group_range", Value: fmt.Sprintf("0\t%d", min(lastGroup, math.MaxInt32)), Fresh: true}.Apply()
}

// LastMappedGroup is the highest group of the block that starts at group 0 in
// the user namespace that we are in (user_namespaces(7), gid_map).
func LastMappedGroup() (uint32, error) {
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
