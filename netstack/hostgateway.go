package netstack

import "net/netip"

// HostAccess says what a container reaches of the host by its gateway's address.
type HostAccess int

// From nothing to all.
const (
	// NoHost is for containers that did not ask for it.
	NoHost HostAccess = iota
	// HostAddress reaches what listens on the host's own address, and nothing that
	// listens on 127.0.0.1 alone.
	HostAddress
	// HostLoopback reaches what listens on the host's 127.0.0.1.
	HostLoopback
)

// hostKey is a way to the host: from a container's address to a gateway's.
type hostKey struct{ from, to netip.Addr }

// HostAccess says what a connection that comes from a container's address to an
// address of R is meant for. It waits for nothing.
func (s *Stack) HostAccess(from, to netip.Addr) HostAccess {
	if m := s.hostWays.Load(); m != nil {
		return (*m)[hostKey{from, to}]
	}
	return NoHost
}

// enterHostWaysFor brings the ways to the host in line with the sandboxes, after
// one came, went or changed. Nearly all have none. s.mu is held.
func (s *Stack) enterHostWaysFor(changed *Sandbox) {
	if had := s.hostWays.Load(); changed.spec.hostAccess() == NoHost && (had == nil || len(*had) == 0) {
		return
	}
	ways := map[hostKey]HostAccess{}
	for _, sb := range s.sandboxes {
		access := sb.spec.hostAccess()
		if access == NoHost {
			continue
		}
		to := s.hostGateway(sb)
		for _, e := range sb.endpoints {
			for _, gateway := range to {
				for _, from := range []netip.Addr{e.IPv4, e.IPv6} {
					if from.IsValid() && from.Is4() == gateway.Is4() {
						ways[hostKey{from, gateway}] = access
					}
				}
			}
		}
	}
	s.hostWays.Store(&ways)
}

func (spec SandboxSpec) hostAccess() HostAccess {
	switch {
	case spec.HostLoopback:
		return HostLoopback
	case spec.HostGateway:
		return HostAddress
	}
	return NoHost
}

// HostGateway is what host-gateway means in the container: the gateways of its
// default network, of the families that it has; of a container without a way out,
// none.
func (s *Stack) HostGateway(sb *Sandbox) []netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hostGateway(sb)
}

func (s *Stack) hostGateway(sb *Sandbox) (all []netip.Addr) {
	if i := s.defaultRoute4(sb.endpoints); i >= 0 {
		all = append(all, sb.endpoints[i].Gateway)
	}
	if i := s.defaultRoute6(sb.endpoints); i >= 0 {
		all = append(all, sb.endpoints[i].Gateway6)
	}
	return all
}
