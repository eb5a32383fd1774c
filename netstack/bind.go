package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// randomTries is how often a port that the kernel chose for IPv4 is given back
// because it is taken for IPv6.
const randomTries = 16

// bindSpec binds the first port that the spec allows and that is free on all
// the addresses. The sockets are made in the host's net namespace, because the
// caller is an ordinary goroutine.
func (s *Stack) bindSpec(addrs []netip.Addr, spec PortSpec) ([]*os.File, uint16, error) {
	last := int(max(spec.HostPort, spec.HostPortEnd))
	if spec.HostPort == 0 {
		last = randomTries - 1
	}
	var err error
	for port := int(spec.HostPort); port <= last; port++ {
		ask := uint16(port)
		if spec.HostPort == 0 {
			ask = 0 // here port only counts the attempts
		}
		var files []*os.File
		var bound uint16
		if files, bound, err = s.bindAll(addrs, ask); err == nil {
			return files, bound, nil
		}
		if !errors.Is(err, unix.EADDRINUSE) {
			return nil, 0, err
		}
	}
	if last > int(spec.HostPort) && spec.HostPort != 0 {
		return nil, 0, fmt.Errorf("no port from %d to %d is free; the last one: %w", spec.HostPort, last, err)
	}
	return nil, 0, err
}

// bindAll binds one port on all addresses, or none.
func (s *Stack) bindAll(addrs []netip.Addr, port uint16) ([]*os.File, uint16, error) {
	var files []*os.File
	for i, a := range addrs {
		at := netip.AddrPortFrom(a, port)
		f, err := listenStream(at)
		if i > 0 && (errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL)) {
			s.report(fmt.Sprintf("port %d is published for IPv4 only: this host has no IPv6", port))
			continue
		}
		if err != nil {
			closeAll(files)
			return nil, 0, s.explainBind(at, err)
		}
		files = append(files, f)
		if port == 0 {
			got, err := localAddr(f)
			if err != nil {
				closeAll(files)
				return nil, 0, err
			}
			port = got.Port()
		}
	}
	return files, port, nil
}

// explainBind adds cause and remedy.
func (s *Stack) explainBind(at netip.AddrPort, err error) error {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return s.conflict(at, err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("bind %s: %w: an ordinary user may bind ports from %s upwards: "+
			"choose such a port, or allow this one as root with `sysctl -w net.ipv4.ip_unprivileged_port_start=%d`",
			at, unix.EACCES, unprivilegedStart(), at.Port())
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("bind %s: %w: %s is not an address of this host: see `ip address`", at, err, at.Addr())
	}
	return fmt.Errorf("bind %s: %w", at, err)
}

// unprivilegedStart is the host's limit. The file shows the setting of the
// opening thread's namespace, and ordinary goroutines are in the host's.
func unprivilegedStart() string {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return "1024"
	}
	return strings.TrimSpace(string(b))
}
