package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// ErrNotKept says that there is nothing to adopt: the namespace died with the
// project holder, or was never complete.
var ErrNotKept = errors.New("its net namespace was not kept")

// AdoptSandbox goes on with a sandbox that an earlier process made, as recorded
// from [Sandbox.Endpoints]. Nothing changes in the kernel: the namespace, its
// addresses and its resolver's sockets are the same, and questions that arrived
// in between are answered. Networks need no [Stack.EnsureNetwork] before.
// Its names are not answered before [Stack.SetReachable].
func (s *Stack) AdoptSandbox(id string, spec SandboxSpec, infos []EndpointInfo) (*Sandbox, error) {
	sb, err := s.adoptSandbox(id, spec, infos)
	if err != nil {
		return nil, fmt.Errorf("adopt the network of container %s: %w", id, err)
	}
	return sb, nil
}

func (s *Stack) adoptSandbox(id string, spec SandboxSpec, infos []EndpointInfo) (*Sandbox, error) {
	sb := &Sandbox{id: id, spec: spec, endpoints: slices.Clone(infos)}
	if sb.ns = s.files.claim(netName(id)); sb.ns == nil {
		return nil, ErrNotKept
	}
	if err := s.enter(sb); err != nil {
		sb.ns.Close()
		return nil, err
	}
	if err := s.resolverFor(sb); err != nil {
		// The container runs and has its addresses; only names are missing.
		s.report(fmt.Sprintf("container %s: names are not answered until it is restarted: %v", id, err))
	}
	s.enterNames(sb)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.routeIPv6(sb, s.way6); err != nil {
		s.report(fmt.Sprintf("container %s: default route for IPv6: %v", id, err))
	}
	return sb, nil
}

// AdoptNetwork tells a network that an earlier process made what the kernel has no
// place for: from which ranges addresses are chosen, and the labels. Unlike
// [Stack.EnsureNetwork] it never makes or unmakes anything: containers that stand on
// the network may not be adopted yet. A network that is not there, or not as spec
// says, because the process died between making it and recording it, stays as it is.
func (s *Stack) AdoptNetwork(spec Network) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	want, err := parseNetwork(spec)
	if err != nil {
		return fmt.Errorf("network %s: %w", spec.Name, err)
	}
	if n := s.networks[spec.Name]; n != nil && n.shared == nil && want.fits(n) {
		return want.restrict(n)
	}
	return nil
}

// enter takes the recorded addresses.
func (s *Stack) enter(sb *Sandbox) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sandboxes[sb.id] != nil {
		return errors.New("it exists already")
	}
	for _, e := range sb.endpoints {
		n := s.networks[e.Network]
		if n == nil {
			s.releaseAddresses(sb)
			return fmt.Errorf("network %s does not exist", e.Network)
		}
		if err := n.retake(e, sb.id); err != nil {
			s.releaseAddresses(sb)
			return fmt.Errorf("network %s: %w", e.Network, err)
		}
	}
	s.sandboxes[sb.id] = sb
	s.enterHostWaysFor(sb)
	return nil
}

// retake takes the addresses of a recorded endpoint.
func (n *network) retake(e EndpointInfo, id string) error {
	for _, a := range []struct {
		space *ipam.Space
		addr  netip.Addr
	}{{n.v4, e.IPv4}, {n.v6, e.IPv6}} {
		if a.space == nil || !a.addr.IsValid() {
			continue
		}
		if err := a.space.Take(a.addr, id); err != nil {
			return err
		}
		a.space.Resume()
	}
	n.remember(e)
	return nil
}
