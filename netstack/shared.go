package netstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/commons"
)

// A network that projects share (external: true) has its bridge in a namespace X
// of its own:
//
//	R of project P          X (no address, forwards nothing)       R of project Q
//	leg mclXXXX .2 ──veth── bridge mcx ──veth── leg .3 ───────────────── mclXXXX
//	                        │        │
//	eth0 .4 of P's web ─────┘        └──── eth0 .5 of Q's db
//
// A container's veth pair goes straight to X. The leg is for R what a bridge of
// its own would be: the gateway of the project's containers there, and where its
// resolver, its published ports and its way out are.
//
// X lives as long as a project is on it: every project's holder keeps it under
// [commons.KeptName], and nothing else does. Who joins asks the holders of the
// others for it, under the registry's lock. So any process may die at any moment:
// while one holder is left, the next project finds the same X; when none is, the
// kernel has taken X apart. The registry records which X counts: one that a
// supervisor kept and was killed before recording, is dropped by its successor.
//
// Locks, in this order: Stack.mu, the registry's, sharedNet.mu.

// HostRoutes are the ranges of IPv4 that the host routes, to be avoided by subnets.
// To be called in the host's net namespace.
func HostRoutes() ([]netip.Prefix, error) { return hostRoutes(unix.AF_INET) }

// sharedNet is what a shared network has beside those of a project alone.
type sharedNet struct {
	spec   wantedNetwork
	x      *os.File // the namespace X
	abroad *commons.Abroad

	mu     sync.Mutex     // guards member
	member commons.Member // as it is on file
}

// errNotShared is returned by a stack that was not told of others.
var errNotShared = errors.New("this stack shares no networks")

// Share lets the stack join networks of other projects, and goes on with those
// that an earlier process has joined. To be called once, behind [Open].
func (s *Stack) Share(c commons.Sharing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sharing = &c
	var errs []error
	before := len(s.networks)
	for _, kept := range s.files.names(func(name string) bool { return commons.NetworkOf(name) != "" }) {
		name := commons.NetworkOf(kept)
		if err := s.rejoin(name); err != nil {
			errs = append(errs, fmt.Errorf("network %s: go on with it: %w", name, err))
		}
	}
	if len(s.networks) > before {
		s.lookAbroad()
		errs = append(errs, s.applyRules())
	}
	return errors.Join(errs...)
}

// encodeSpec is a network as it is on record: labels do not matter.
func encodeSpec(n Network) string {
	n.Labels = nil
	b, err := json.Marshal(n)
	if err != nil {
		panic(err) // strings, numbers, maps and slices of them always marshal
	}
	return string(b)
}

// ranges are the network's addresses as leases see them.
func (w wantedNetwork) ranges() commons.Ranges { return commons.Ranges{V4: w.v4, V6: w.v6} }

// lease takes addresses of a shared network for an endpoint, and has them on file,
// with its names, before anybody uses them; the answer asks for these. What a
// container of that name had before, and was not given back by a process that died,
// is free again. s.mu is held.
func (s *Stack) lease(n *network, sb *Sandbox, e EndpointSpec) (EndpointSpec, error) {
	if n.shared == nil {
		return e, nil
	}
	lock, err := s.sharing.Registry.Lock(s.ctx)
	if err != nil {
		return e, err
	}
	defer lock.Close()
	others, err := s.sharing.Registry.Others(n.name, s.sharing.Project)
	if err != nil {
		return e, err
	}
	return e, s.changeMember(n, func(m *commons.Member) (bool, error) {
		delete(m.Hosts, sb.id)
		p, last, err := n.shared.spec.ranges().Choose(append(others, *m), e.IPv4, e.IPv6, m.Project+"/"+sb.id)
		if err != nil {
			return true, err
		}
		p.Link = newLinkName()
		e.IPv4, e.IPv6 = text(p.IPv4), text(p.IPv6)
		m.Hosts[sb.id], m.Last = commons.Host{Place: p, Names: sb.names(e)}, last
		return true, nil
	})
}

func text(a netip.Addr) string {
	if a.IsValid() {
		return a.String()
	}
	return ""
}

// unlease takes a container off the project's file.
func (s *Stack) unlease(n *network, id string) {
	err := s.changeMember(n, func(m *commons.Member) (bool, error) {
		_, had := m.Hosts[id]
		delete(m.Hosts, id)
		return had, nil
	})
	if err != nil {
		s.report(err.Error()) // its addresses stay taken until the project leaves
	}
}

// changeMember changes the project's file, unless f says that nothing differs.
func (s *Stack) changeMember(n *network, f func(m *commons.Member) (differs bool, err error)) error {
	n.shared.mu.Lock()
	defer n.shared.mu.Unlock()
	m := &n.shared.member
	if m.Hosts == nil {
		m.Hosts = map[string]commons.Host{}
	}
	differs, err := f(m)
	if differs {
		if saveErr := s.sharing.Registry.Save(n.name, m); saveErr != nil {
			err = errors.Join(err, fmt.Errorf("network %s: %w", n.name, saveErr))
		}
	}
	return err
}

// enterNames lets a sandbox be found: by the project's containers, and by those
// of other projects on the networks that they share. One that runs goes on doing so.
func (s *Stack) enterNames(sb *Sandbox) {
	h := s.hostOf(sb)
	h.Up = s.zone.IsUp(sb.id)
	s.zone.Set(sb.id, h)
	s.announce(sb.id, func(network string, on *commons.Host) bool {
		for _, e := range h.Endpoints {
			if e.Network == network {
				differs := !slices.Equal(on.Names, e.Names) || h.Up && !on.Up
				on.Names = e.Names
				on.Up = on.Up || h.Up // at an adoption we do not know yet
				return differs
			}
		}
		return false
	})
}

// announce changes what other projects know of a container, on each shared
// network that it stands on.
func (s *Stack) announce(id string, f func(network string, on *commons.Host) (differs bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.networks {
		if n.shared == nil {
			continue
		}
		err := s.changeMember(n, func(m *commons.Member) (bool, error) {
			h, ok := m.Hosts[id]
			if !ok || !f(n.name, &h) {
				return false, nil
			}
			m.Hosts[id] = h
			return true, nil
		})
		if err != nil {
			s.report(err.Error())
		}
	}
}

// dropLost takes off the files the containers that nobody has adopted, and says of
// those that do not run that they do not.
func (s *Stack) dropLost() {
	s.mu.Lock()
	for _, n := range s.networks {
		if n.shared == nil {
			continue
		}
		for _, id := range slices.Collect(maps.Keys(n.shared.member.Hosts)) {
			if s.sandboxes[id] == nil {
				s.unlease(n, id)
			}
		}
	}
	ids := slices.Collect(maps.Keys(s.sandboxes))
	s.mu.Unlock()
	for _, id := range ids {
		s.announceUp(id, s.zone.IsUp(id))
	}
}

func (s *Stack) announceUp(id string, up bool) {
	s.announce(id, func(_ string, on *commons.Host) bool {
		differs := on.Up != up
		on.Up = up
		return differs
	})
}

// abroad are the other projects on all shared networks, by network. It is replaced
// and never changed, so that questions wait for nobody.
type abroad map[string]*commons.Abroad

// Find is [dns.Others].
func (m abroad) Find(network, name string) ([]netip.Addr, bool) {
	if a := m[network]; a != nil {
		return a.Find(name)
	}
	return nil, false
}

// NameOf is [dns.Others].
func (m abroad) NameOf(network string, addr netip.Addr) string {
	if a := m[network]; a != nil {
		return a.NameOf(addr)
	}
	return ""
}

// lookAbroad has questions asked of the others on the shared networks, as they are
// now. s.mu is held.
func (s *Stack) lookAbroad() {
	m := abroad{}
	for _, n := range s.networks {
		if n.shared != nil {
			m[n.name] = n.shared.abroad
		}
	}
	s.zone.SetOthers(m)
}
