package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
	"github.com/mocker-compose/mocker-compose/netstack/ports"
)

// What a published port is; see package ports.
type (
	PortSpec      = ports.Spec
	Published     = ports.Published
	ConflictError = ports.ConflictError
	PortWish      = ports.Wish
)

// Publish binds a port of the host and carries what comes there to the container
// from now on. A port that is in use gives a [*ConflictError]. The same port
// again is no error.
func (s *Stack) Publish(id string, spec PortSpec) (Published, error) {
	m, err := s.member(id)
	if err != nil {
		return Published{}, fmt.Errorf("publish port %s: %w", spec, err)
	}
	return s.ports.Publish(m, spec)
}

// CheckPorts tells the first reason why ports could not be published now.
func (s *Stack) CheckPorts(wishes []PortWish) error { return s.ports.Check(wishes) }

// AdoptPort goes on with a port that an earlier process bound. [ErrNotKept]
// means that it was lost; [Stack.Publish] may get it back.
func (s *Stack) AdoptPort(id string, was Published) (Published, error) {
	m, err := s.member(id)
	if err != nil {
		return Published{}, fmt.Errorf("publish port %s: %w", was.Spec, err)
	}
	return s.ports.Adopt(m, was)
}

// Unpublish frees all ports of a container, except those that others of its
// service have too. Connections under way may deliver what the service has sent,
// for a short while. With again, because it will be started at once, clients wait
// for it meanwhile. Unknown ids are no error.
func (s *Stack) Unpublish(id string, again bool) error {
	return s.ports.Leave(id, again)
}

// PortsSettled says that a container that was started has published all its ports.
func (s *Stack) PortsSettled(id string) error { return s.ports.Settled(id) }

// SetHealthy tells of the verdict of a container's health check: new connections
// prefer those whose check succeeds.
func (s *Stack) SetHealthy(id string, healthy bool) { s.ports.Healthy(id, healthy) }

// Carried tells what a container's TCP connections by the host have moved.
func (s *Stack) Carried(id string) carry.Count { return s.carried.Count(id) }

// member describes how to reach a container: over a bridge if it stands on one,
// preferring the one of its default route, else by its own loopback.
func (s *Stack) member(id string) (ports.Member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sb := s.sandboxes[id]
	if sb == nil {
		return ports.Member{}, errors.New("the container has no net namespace")
	}
	m := ports.Member{ID: id, NS: sb.ns, Own: s.own}
	m.IPv4, m.Answers4 = reach(sb, s.defaultRoute4(sb.endpoints), func(e EndpointInfo) netip.Addr { return e.IPv4 })
	m.IPv6, m.Answers6 = reach(sb, s.defaultRoute6(sb.endpoints), func(e EndpointInfo) netip.Addr { return e.IPv6 })
	return m, nil
}

// renewPorts makes the ports of a container follow its endpoints.
func (s *Stack) renewPorts(id string) {
	if m, err := s.member(id); err == nil {
		s.ports.Renew(m)
	}
}

// reach chooses the address of one family: on the network of the default route,
// if there is one, which is what answers tells.
func reach(sb *Sandbox, route int, address func(EndpointInfo) netip.Addr) (at netip.Addr, answers bool) {
	if route >= 0 {
		return address(sb.endpoints[route]), true
	}
	for _, e := range sb.endpoints {
		if a := address(e); a.IsValid() {
			return a, false
		}
	}
	return netip.Addr{}, false
}

// own tells whether an address belongs to one of the project's networks.
func (s *Stack) own(a netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.networks {
		for _, space := range n.spaces() {
			if space.Subnet().Contains(a) {
				return true
			}
		}
	}
	return false
}

// returns tells whether packets to an address of the outside come back to
// sockets of R: where the rules for that are in force, and a container has a route
// to there.
func (s *Stack) returns(a netip.Addr) bool {
	if !s.catches() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.Is4() || s.way6
}

// catches tells whether R has the rules that hand over packets of the outside to
// its own sockets.
func (s *Stack) catches() bool { return s.firewall != nil }

// openPorts makes the table of published ports.
func (s *Stack) openPorts() {
	s.carried = carry.NewSet()
	if len(s.calm) > 0 {
		s.carried.CalmLocal()
	}
	s.ports = ports.New(ports.World{
		Files: portFiles{s.files}, In: s.worker.do, Router: s.routerNS, Set: s.carried, Report: s.report,
		ProjectOf: func(pid int) string {
			s.mu.Lock()
			f := s.projectOf
			s.mu.Unlock()
			return f(pid)
		},
		Returns: s.returns,
	})
}

// portFiles is the store of files as package ports wants it.
type portFiles struct{ *fileStore }

func (f portFiles) Keep(files map[string]*os.File) error    { return f.keep(files) }
func (f portFiles) Claim(name string) *os.File              { return f.claim(name) }
func (f portFiles) Drop(match func(name string) bool) error { return f.drop(match) }
