package plan

import (
	"cmp"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// holders are the stops of other services' containers that have a port of the host which
// this service publishes now: it has moved there, and is free only then.
func (m *maker) holders(s *project.Service) (stops []ID) {
	for name, verdicts := range m.verdicts {
		if name == s.Name {
			continue
		}
		for _, v := range verdicts {
			id, stopped := m.b.made["stop "+v.c.Name]
			if stopped && v.c.Made != nil && slices.ContainsFunc(v.c.Made.Ports, func(old project.Port) bool {
				return slices.ContainsFunc(s.Ports, func(now project.Port) bool { return meet(old, now) })
			}) {
				stops = append(stops, id)
			}
		}
	}
	return stops
}

// meet reports that two published ports may want the same one of the host. Addresses do
// not count: one of all addresses meets every other.
func meet(a, b project.Port) bool {
	last := func(p project.Port) uint16 { return cmp.Or(p.HostPortEnd, p.HostPort) }
	return a.Protocol == b.Protocol && a.HostPort > 0 && b.HostPort > 0 && a.HostPort <= last(b) && b.HostPort <= last(a)
}
