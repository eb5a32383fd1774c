package uplink

import (
	"strconv"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// findPasta: any version will do; the flags below are older than the first
// packages of distributions (pasta(1)).
func findPasta() (*Helper, error) {
	path, err := lookUp("pasta", cause.Pasta)
	if err != nil {
		return nil, err
	}
	return &Helper{Name: "pasta", Program: path, IPv6: ranges6, args: pastaArgs}, nil
}

// pastaArgs: the host's loopback has two ways in, and each is closed by flags of
// its own: the gateway's address, which pasta maps to it, and ports that it
// listens on inside to splice them to the host's. The way from the host inside
// (-t, -u) is ours, see published ports.
func pastaArgs(p Plan, ns string) []string {
	args := []string{
		// Root of a user namespace that root made looks to it like the machine's,
		// and as nobody it could not enter R. It gives all capabilities up itself.
		"--runas", "0",
		"--foreground", "--quiet", "--ns-ifname", Tap, "--mtu", strconv.Itoa(MTU),
		"--no-map-gw", "-T", "none", "-U", "none", "-t", "none", "-u", "none",
		// The tap is configured, and R has no client for these.
		"--no-dhcp", "--no-dhcpv6", "--no-ra",
		"--address", Own(p.Subnet).String(), "--netmask", strconv.Itoa(p.Subnet.Bits()), "--gateway", Gateway(p.Subnet).String(),
	}
	if p.Subnet6.IsValid() {
		args = append(args, "--address", Own(p.Subnet6).String(), "--gateway", Gateway(p.Subnet6).String())
	} else {
		args = append(args, "--ipv4-only")
	}
	// It ends with the project's pid namespace, not with a file.
	return append(args, "--no-netns-quit", "--netns", ns)
}
