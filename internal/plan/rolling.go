package plan

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// Rolling replacements (deploy.update_config): the containers of a service that have to
// be made anew go in groups. Each group is replaced after the one before has settled;
// whether it has, and what follows if not, is decided when it runs.

// rolls reports that the containers of a service are replaced in groups. What has to be
// free of all of them at once, a network or a volume that is made anew, leaves no choice.
func (m *maker) rolls(s *project.Service) bool {
	if s.Update == nil || m.o.NoStart || len(m.groups(s)) == 0 {
		return false
	}
	for _, e := range s.Endpoints {
		if m.w.changed[m.p.NetworkName(e.Network)] {
			return false
		}
	}
	for _, v := range m.verdicts[s.Name] { // also if its successor will stand elsewhere
		if v.replaced() && slices.ContainsFunc(v.c.Endpoints, func(e Endpoint) bool { return m.w.changed[e.Network] }) {
			return false
		}
	}
	return !slices.ContainsFunc(m.p.Volumes, m.discards)
}

// replaced reports a verdict by which a container gives way to another.
func (v verdict) replaced() bool { return v.remove && v.create }

// groups are the replacements of a service in the order in which they come.
func (m *maker) groups(s *project.Service) (groups [][]verdict) {
	var all []verdict
	for _, v := range m.verdicts[s.Name] {
		if v.replaced() {
			all = append(all, v)
		}
	}
	size := s.Update.Parallelism
	if size <= 0 {
		size = len(all)
	}
	if len(all) == 0 {
		return nil
	}
	return slices.Collect(slices.Chunk(all, size))
}

// startFirst reports that the successor of a container may run beside it. Its anonymous
// volumes would not be the other's: those of the file, and those of its image.
func startFirst(s *project.Service, c Container) bool {
	anonymous := slices.ContainsFunc(s.Mounts, project.Mount.Anonymous)
	return s.Update.StartFirst && c.State == Running && !anonymous && !c.Anonymous
}

// roll plans the replacements of a service, group after group.
func (m *maker) roll(s *project.Service) {
	groups, next := m.groups(s), 1
	for _, v := range m.verdicts[s.Name] {
		next = max(next, v.c.Number+1)
	}
	var before []ID // of the group before
	for i, group := range groups {
		var starts, last []ID
		var gone []verdict
		for _, v := range group {
			after := slices.Concat(before, m.needs(s), m.sources(s), m.newcomers(s))
			c := v.c
			if startFirst(s, v.c) {
				c.Number = next
				next++
				gone = append(gone, v)
			} else {
				after = append(after, m.makeWay(v, true, before))
			}
			c.Name = m.p.ContainerName(s, c.Number)
			m.group(v.c.Name, &Group{Number: i + 1, Of: len(groups), Size: len(groups[0]), StartFirst: c.Number != v.c.Number, Successor: c.Name})
			op := on(Create, c, v.cause)
			op.Replaces, op.Rolls, op.Changes = c.Number == v.c.Number, true, v.changes
			id := m.b.add(op, after...)
			m.b.made["create "+c.Name] = id
			starts = append(starts, m.b.start(s, c, v.cause, m.waitsFor, id))
			m.b.p.Operations[starts[len(starts)-1]-1].Rolls = true
		}
		settled := m.b.add(Operation{Kind: Settle, Object: s.Name, Service: s.Name, Number: i + 1, Of: len(groups),
			Cause: fmt.Sprintf("group %d of %d", i+1, len(groups))}, starts...)
		last = []ID{settled}
		for _, v := range gone {
			last = append(last, m.makeWay(v, false, []ID{settled}))
		}
		m.b.starts[s.Name] = append(m.b.starts[s.Name], settled)
		before = last
	}
}

// group notes where a container stands that is replaced.
func (m *maker) group(name string, g *Group) {
	if m.grouped == nil {
		m.grouped = map[string]*Group{}
	}
	m.grouped[name] = g
}

// makeWay plans the stop and the removal of a container, after those that depend on it
// and other operations.
func (m *maker) makeWay(v verdict, replaces bool, after []ID) ID {
	for _, d := range m.p.Dependents(v.c.Service, nil) {
		after = slices.Concat(after, m.b.stops[d])
	}
	for _, kind := range []Kind{Stop, Remove} {
		if kind == Stop && v.c.State != Running {
			continue
		}
		op := on(kind, v.c, v.cause)
		op.Replaces, op.Rolls = replaces, true
		after = []ID{m.b.add(op, slices.Clone(after)...)}
	}
	m.b.made["remove "+v.c.Name] = after[0]
	return after[0]
}
