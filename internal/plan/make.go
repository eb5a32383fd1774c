package plan

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// Recreate says which existing containers an up replaces.
type Recreate string

// The policies, with the values that the API has.
const (
	RecreateDiverged Recreate = ""      // those whose configuration changed
	RecreateForce    Recreate = "force" // all of the named services
	RecreateNever    Recreate = "never" // none
)

// Options are those of up.
type Options struct {
	Services      []string // named services; empty = all
	Recreate      Recreate
	RecreateDeps  Recreate // of services that are needed but not named: RecreateForce, or as Recreate without its force
	NoDeps        bool     // leave out what the named services need
	NoStart       bool     // create only
	RemoveOrphans bool
	// Images are the ids of the services' images, by service; a service that has
	// none is not in it.
	Images map[string]string
	// Discard are volumes, by resolved name, that are made anew: with what is in them.
	Discard []string
}

// Make plans an up. Errors are *project.CycleError and
// *project.UnknownServiceError.
func Make(desired *project.Project, observed Observed, o Options) (*Plan, error) {
	levels, err := desired.Levels()
	if err != nil {
		return nil, err
	}
	selected, err := desired.WithDependencies(o.Services)
	if err != nil {
		return nil, err
	}
	if o.NoDeps && len(o.Services) > 0 {
		selected = slices.Clone(o.Services)
	}
	m := &maker{p: desired, o: o, existing: observed.byService(), verdicts: map[string][]verdict{}, b: newBuilder(), selected: selected}
	for _, name := range selected {
		s, _ := desired.Service(name)
		m.verdicts[name] = m.decide(s)
	}
	m.discard(observed)
	m.spread(levels)
	m.bring(observed, levels)
	m.b.p.Outcomes = m.outcomes()
	return &m.b.p, nil
}

// bring plans the operations of all verdicts.
func (m *maker) bring(observed Observed, levels [][]string) {
	m.observed = observed
	m.w = m.wired()
	if len(m.w.changed) == 0 {
		m.resources(observed)
	}
	for _, level := range slices.Backward(levels) {
		for _, name := range level {
			m.clear(name)
		}
	}
	m.orphans(observed)
	m.renewVolumes()
	m.leave()
	if len(m.w.changed) > 0 {
		m.resources(observed) // all missing ones are made at once, when none is in the way
	}
	m.join()
	for _, level := range levels {
		for _, name := range level {
			m.raise(name)
		}
	}
}

// maker is one up being planned.
type maker struct {
	p        *project.Project
	o        Options
	existing map[string][]Container
	verdicts map[string][]verdict
	selected []string
	oneOff   *project.Service // what run makes a container of; nil: this is no run
	observed Observed
	gone     []ID              // removals of orphans
	grouped  map[string]*Group // where containers stand that are replaced in groups, by name
	b        *builder
	w        *wiring
}

func (m *maker) named(service string) bool {
	return len(m.o.Services) == 0 || slices.Contains(m.o.Services, service)
}

// resources plans the networks and volumes that new containers need.
func (m *maker) resources(observed Observed) {
	networks, volumes := map[string]bool{}, map[string]bool{}
	for _, s := range m.users() {
		for _, e := range s.Endpoints {
			networks[e.Network] = true
		}
		for _, mount := range s.Mounts {
			volumes[mount.Source] = mount.Type == project.MountVolume || volumes[mount.Source]
		}
	}
	for _, key := range m.w.needs(m.p) {
		networks[key] = true
	}
	for _, n := range m.p.Networks {
		switch {
		case m.w.changed[n.Name]:
			m.b.made["network "+n.Key] = m.b.add(Operation{Kind: CreateNetwork, Object: n.Name, Key: n.Key, Replaces: true, Cause: "its definition changed"}, m.w.renewed...)
		case networks[n.Key] && !n.External && !slices.Contains(observed.Networks, n.Name):
			m.b.made["network "+n.Key] = m.b.add(Operation{Kind: CreateNetwork, Object: n.Name, Key: n.Key, Cause: "does not exist"}, m.w.renewed...)
		}
	}
	for _, v := range m.p.Volumes {
		if volumes[v.Key] && !v.External && !slices.Contains(observed.Volumes, v.Name) && !m.discards(v) {
			m.b.made["volume "+v.Key] = m.b.add(Operation{Kind: CreateVolume, Object: v.Name, Key: v.Key, Cause: "does not exist"}, m.w.renewed...)
		}
	}
}

// users are the services that get a container or a run.
func (m *maker) users() (all []*project.Service) {
	for name, vs := range m.verdicts {
		if slices.ContainsFunc(vs, func(v verdict) bool { return v.create || v.start }) {
			s, _ := m.p.Service(name)
			all = append(all, s)
		}
	}
	if m.oneOff != nil {
		all = append(all, m.oneOff)
	}
	return all
}

// clear stops and removes what has to go, dependents before what they need.
func (m *maker) clear(service string) {
	dependents := m.p.Dependents(service, nil)
	s, _ := m.p.Service(service)
	rolls := m.rolls(s)
	for _, v := range m.verdicts[service] {
		switch {
		case rolls && v.replaced():
		case v.remove:
			m.b.remove(v.c, v.cause, v.create, dependents)
		case v.restart:
			m.b.stop(v.c, v.cause, false, dependents)
		}
	}
}

// orphans plans their removal, or lists them.
func (m *maker) orphans(observed Observed) {
	found := observed.orphans(m.p)
	for _, c := range highestFirst(found) {
		if m.o.RemoveOrphans {
			m.gone = append(m.gone, m.b.remove(c, orphanCause(m.p, c), false, nil))
		} else {
			m.b.p.Orphans = append(m.b.p.Orphans, c.Name)
		}
	}
	slices.Sort(m.b.p.Orphans)
}

// raise creates and starts what is missing of a service.
func (m *maker) raise(service string) {
	s, _ := m.p.Service(service)
	needs := m.needs(s)
	rolls := m.rolls(s)
	if rolls {
		m.roll(s)
	}
	for _, v := range m.verdicts[service] {
		if rolls && v.replaced() {
			continue
		}
		after := slices.Clone(needs)
		if v.create {
			if id, ok := m.b.made["remove "+v.c.Name]; ok {
				after = append(after, id)
			}
			// A new container_name takes effect with the replacement.
			c := v.c
			c.Name = m.p.ContainerName(s, c.Number)
			if id, ok := m.b.made["remove "+c.Name]; ok { // another's name until then
				after = append(after, id)
			}
			op := on(Create, c, v.cause)
			op.Replaces, op.Changes = v.remove, v.changes
			after = slices.Concat(after, m.sources(s), m.newcomers(s))
			v.c, after = c, []ID{m.b.add(op, after...)}
			m.b.made["create "+c.Name] = after[0]
		}
		if v.restart {
			after = append(after, m.b.stops[service]...)
		}
		if !v.create {
			after = append(after, m.w.after(v.c)...)
			after = append(after, m.limit(s, v, after)...)
			after = append(after, m.amend(v, after)...)
		}
		if v.start && !m.o.NoStart {
			after = append(after, m.holders(s)...)
			m.b.start(s, v.c, v.cause, m.waitsFor, after...)
		}
	}
}

// needs are what the containers of a service come after: the creations of its networks
// and volumes, and the removals of orphans. A service that was renamed wants the ports and
// the container_name of its former self.
func (m *maker) needs(s *project.Service) []ID {
	ids := slices.Clone(m.gone)
	for _, e := range s.Endpoints {
		if id, ok := m.b.made["network "+e.Network]; ok {
			ids = append(ids, id)
		}
	}
	for _, mount := range s.Mounts {
		if id, ok := m.b.made["volume "+mount.Source]; ok && mount.Type == project.MountVolume {
			ids = append(ids, id)
		}
	}
	return ids
}

// sources are the creations of the containers that a service takes volumes from.
func (m *maker) sources(s *project.Service) (ids []ID) {
	for _, from := range s.VolumesFrom {
		if id, ok := m.b.made["create "+from.Container]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// waitsFor reports that a dependency is waited for: it is part of this up and
// has replicas.
func (m *maker) waitsFor(service string) bool {
	s, ok := m.p.Service(service)
	if !ok || s.Scale == 0 {
		return false
	}
	return slices.Contains(m.selected, service) || !m.o.NoDeps && len(m.verdicts[service]) > 0
}
