package plan

import (
	"cmp"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// How the networks of containers change that stay. A network whose definition
// changed is made anew: those who stand on it leave, it goes, it comes, they are
// back. Otherwise a container joins and leaves single networks. Whoever joins does
// so when everybody has left who may have the address.

// wire is what changes for one container.
type wire struct {
	c      Container
	cut    []step
	join   []step
	update []step
}

type step struct {
	Endpoint
	cause string
}

// wiring is all of that for one plan.
type wiring struct {
	wires   []wire
	changed map[string]bool // resolved names of the networks that are made anew
	cuts    map[string][]ID // the disconnects, by network
	last    map[string]ID   // the latest of these operations, by container
	renewed []ID            // the removals of networks
}

// wired compares the networks of all containers that stay with what they should be.
func (m *maker) wired() *wiring {
	w := &wiring{changed: map[string]bool{}, cuts: map[string][]ID{}, last: map[string]ID{}}
	for _, n := range m.p.Networks {
		if was, ok := m.observed.Defined[n.Name]; ok && !n.External && !was.External && !was.Same(n) && m.observed.exists(n.Name) {
			w.changed[n.Name] = true
		}
	}
	all := slices.Concat(m.observed.Containers, m.observed.OneOffs)
	slices.SortFunc(all, func(a, b Container) int { return cmp.Compare(a.Name, b.Name) })
	var orphans map[string]bool
	if m.o.RemoveOrphans {
		orphans = names(m.observed.orphans(m.p))
	}
	for _, c := range all {
		if !orphans[c.Name] && !m.replaces(c) {
			w.compare(c, m.endpointsFor(c))
		}
	}
	return w
}

// exists reports that a network is there: on record, or because somebody who
// runs stands on it. After a crash between its making and the record of it, only that tells.
func (o *Observed) exists(network string) bool {
	stands := func(c Container) bool {
		return c.State == Running && slices.ContainsFunc(c.Endpoints, func(e Endpoint) bool { return e.Network == network && !e.Lost })
	}
	return slices.Contains(o.Networks, network) || slices.ContainsFunc(o.Containers, stands) || slices.ContainsFunc(o.OneOffs, stands)
}

// replaces reports that the plan removes a replica, or makes it anew.
func (m *maker) replaces(c Container) bool {
	return slices.ContainsFunc(m.verdicts[c.Service], func(v verdict) bool { return v.c.Name == c.Name && v.remove })
}

func names(all []Container) map[string]bool {
	set := make(map[string]bool, len(all))
	for _, c := range all {
		set[c.Name] = true
	}
	return set
}

// endpointsFor is where a container should stand: where the file has it, if the
// command is about its service and may change it, else where it is.
func (m *maker) endpointsFor(c Container) []Endpoint {
	s, ok := m.p.Service(c.Service)
	about := slices.ContainsFunc(m.verdicts[c.Service], func(v verdict) bool { return v.c.Name == c.Name })
	if !ok || !about || !slices.Contains(m.selected, c.Service) || m.o.Recreate == RecreateNever {
		return c.Endpoints
	}
	return wanted(m.p, s)
}

// wanted is where the containers of a service stand that are made now.
func wanted(p *project.Project, s *project.Service) (all []Endpoint) {
	for _, e := range s.Endpoints {
		all = append(all, Endpoint{Network: p.NetworkName(e.Network), Spec: e})
	}
	return all
}

// compare notes the difference between where c stands and where it should.
func (w *wiring) compare(c Container, want []Endpoint) {
	out := wire{c: c}
	at := func(list []Endpoint, network string) int {
		return slices.IndexFunc(list, func(e Endpoint) bool { return e.Network == network })
	}
	have := slices.DeleteFunc(slices.Clone(c.Endpoints), func(e Endpoint) bool { return e.Lost })
	for _, have := range have {
		i := at(want, have.Network)
		switch {
		case i < 0:
			out.cut = append(out.cut, step{have, "it is not to stand on it any more"})
		case w.changed[have.Network]:
			out.cut = append(out.cut, step{have, "the network changed"})
		case !have.Spec.Stays(want[i].Spec):
			out.cut = append(out.cut, step{have, "its addresses changed"})
		case !have.Spec.Equal(want[i].Spec):
			out.update = append(out.update, step{want[i], "its names or priority changed"})
		}
	}
	for _, e := range want {
		left := slices.IndexFunc(out.cut, func(s step) bool { return s.Network == e.Network })
		switch {
		case left >= 0:
			out.join = append(out.join, step{e, out.cut[left].cause})
		case at(have, e.Network) < 0:
			out.join = append(out.join, step{e, "it does not stand on it"})
		}
	}
	if len(out.cut)+len(out.join)+len(out.update) > 0 {
		w.wires = append(w.wires, out)
	}
}

// needs are the keys of the networks that containers join.
func (w *wiring) needs(p *project.Project) (keys []string) {
	for _, wire := range w.wires {
		for _, s := range wire.join {
			for _, n := range p.Networks {
				if n.Name == s.Network {
					keys = append(keys, n.Key)
				}
			}
		}
	}
	return keys
}

// leave plans that containers leave networks, and the removal of those that changed.
func (m *maker) leave() {
	w := m.w
	for _, wire := range w.wires {
		for _, s := range wire.cut {
			op := onNetwork(Disconnect, wire.c, s)
			op.Replaces = w.changed[s.Network]
			id := m.b.add(op, w.after(wire.c)...)
			w.last[wire.c.Name], w.cuts[s.Network] = id, append(w.cuts[s.Network], id)
		}
	}
	for _, n := range m.p.Networks {
		if w.changed[n.Name] {
			after := slices.Concat(w.cuts[n.Name], m.removalsOn(n.Name))
			op := Operation{Kind: RemoveNetwork, Object: n.Name, Key: n.Key, Replaces: true, Cause: "its definition changed"}
			w.renewed = append(w.renewed, m.b.add(op, after...))
		}
	}
}

// removalsOn are the removals of containers that stand on a network.
func (m *maker) removalsOn(network string) (ids []ID) {
	for _, c := range slices.Concat(m.observed.Containers, m.observed.OneOffs) {
		on := slices.ContainsFunc(c.Endpoints, func(e Endpoint) bool { return e.Network == network })
		if id, ok := m.b.made["remove "+c.Name]; ok && on {
			ids = append(ids, id)
		}
	}
	return ids
}

// join plans that containers join networks, and what changes in place.
func (m *maker) join() {
	w := m.w
	for _, wire := range w.wires {
		for _, s := range wire.join {
			after := slices.Concat(w.after(wire.c), w.renewed, m.leavers(s.Endpoint))
			for _, n := range m.p.Networks {
				if id, ok := m.b.made["network "+n.Key]; ok && n.Name == s.Network {
					after = append(after, id)
				}
			}
			w.last[wire.c.Name] = m.b.add(onNetwork(Connect, wire.c, s), after...)
		}
		for _, s := range wire.update {
			w.last[wire.c.Name] = m.b.add(onNetwork(Update, wire.c, s), w.after(wire.c)...)
		}
	}
}

// after is the operation before the next one on a container: they come one by one.
func (w *wiring) after(c Container) []ID {
	if id, ok := w.last[c.Name]; ok {
		return []ID{id}
	}
	return nil
}

// leavers are the operations by which others leave a network, if the endpoint wants
// an address of its own choice: one of them may have it.
func (m *maker) leavers(e Endpoint) []ID {
	if e.Spec.IPv4Address == "" && e.Spec.IPv6Address == "" && e.Spec.MACAddress == "" {
		return nil
	}
	return slices.Concat(m.w.cuts[e.Network], m.removalsOn(e.Network))
}

// newcomers are what a new container of a service comes after: networks that were
// removed, and whoever left its networks.
func (m *maker) newcomers(s *project.Service) []ID {
	ids := slices.Clone(m.w.renewed)
	for _, e := range wanted(m.p, s) {
		ids = append(ids, m.leavers(e)...)
	}
	return ids
}

func onNetwork(kind Kind, c Container, s step) Operation {
	op := on(kind, c, s.cause)
	op.Network, op.Endpoint = s.Network, s.Spec
	return op
}
