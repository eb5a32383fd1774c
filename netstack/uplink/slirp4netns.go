package uplink

import (
	"net/netip"
	"strconv"

	"github.com/rootless-containers/rootlesskit/v3/pkg/network/slirp4netns"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// slirpRange6 is the IPv6 range of slirp4netns, which cannot be changed.
var slirpRange6 = netip.MustParsePrefix("fd00::/64")

func findSlirp4netns() (*Helper, error) {
	path, err := lookUp("slirp4netns", cause.Slirp4netns)
	if err != nil {
		return nil, err
	}
	f, err := slirp4netns.DetectFeatures(path)
	if err != nil {
		return nil, err
	}
	if !f.SupportsDisableHostLoopback || !f.SupportsCIDR {
		return nil, &Missing{path + " is too old to keep the host's loopback closed", install(cause.Slirp4netns) + " (0.4 or newer)"}
	}
	h := &Helper{Name: "slirp4netns", Program: path}
	if f.SupportsEnableIPv6 {
		h.IPv6 = slirpRange6
	}
	h.args = func(p Plan, ns string) []string { return slirpArgs(f, p, ns) }
	return h, nil
}

func slirpArgs(f *slirp4netns.Features, p Plan, ns string) []string {
	args := []string{"--mtu", strconv.Itoa(MTU), "--disable-host-loopback", "--cidr", p.Subnet.String()}
	if p.Subnet6.IsValid() {
		args = append(args, "--enable-ipv6")
	}
	// It would keep all capabilities over everything of the project.
	if f.SupportsEnableSandbox {
		args = append(args, "--enable-sandbox")
	}
	if f.SupportsEnableSeccomp && f.KernelSupportsEnableSeccomp {
		args = append(args, "--enable-seccomp")
	}
	return append(args, "--netns-type=path", ns, Tap)
}
