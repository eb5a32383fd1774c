package plan

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// Volumes that are made anew because the file has changed them, and the user lets what
// is in them go: whoever has one is replaced, so that it can be removed in between.

// discards reports that a volume is to be made anew.
func (m *maker) discards(v project.Volume) bool {
	return !v.External && slices.Contains(m.o.Discard, v.Name) && slices.Contains(m.observed.Volumes, v.Name)
}

// discard marks the containers of a volume that is made anew, whether their service
// was selected or not.
func (m *maker) discard(observed Observed) {
	m.observed = observed
	for _, v := range m.p.Volumes {
		if !m.discards(v) {
			continue
		}
		for i := range m.p.Services {
			s := &m.p.Services[i]
			uses := slices.ContainsFunc(s.Mounts, func(x project.Mount) bool { return x.Type == project.MountVolume && x.Source == v.Key })
			if uses {
				m.replaceAll(s.Name, diff.Change{Key: "volumes." + v.Key, Text: "is made anew", Need: diff.Recreate, Field: "Mounts"})
			}
		}
	}
}

// replaceAll marks the containers of a service that exist and stay.
func (m *maker) replaceAll(service string, why diff.Change) {
	vs, known := m.verdicts[service]
	if !known {
		for _, c := range m.existing[service] {
			vs = append(vs, verdict{c: c, start: c.State == Running})
		}
	}
	for i := range vs {
		v := &vs[i]
		if v.c.State == "" || v.remove {
			continue
		}
		v.start = v.start || v.c.State == Running
		v.remove, v.create, v.amend, v.restart = true, true, false, false
		v.changes = append(slices.Clone(v.changes), why)
		v.cause = inWords(v.changes)
	}
	m.verdicts[service] = vs
}

// renewVolumes plans the removal of volumes that are made anew, and that they come.
func (m *maker) renewVolumes() {
	for _, v := range m.p.Volumes {
		if !m.discards(v) {
			continue
		}
		var users []ID
		for _, c := range slices.Concat(m.observed.Containers, m.observed.OneOffs) {
			s, ok := m.p.Service(c.Service)
			uses := ok && slices.ContainsFunc(s.Mounts, func(x project.Mount) bool { return x.Type == project.MountVolume && x.Source == v.Key })
			if id, removed := m.b.made["remove "+c.Name]; removed && (uses || !ok) {
				users = append(users, id)
			}
		}
		const cause = "its definition changed"
		gone := m.b.add(Operation{Kind: RemoveVolume, Object: v.Name, Key: v.Key, Replaces: true, Cause: cause}, users...)
		m.b.made["volume "+v.Key] = m.b.add(Operation{Kind: CreateVolume, Object: v.Name, Key: v.Key, Replaces: true, Cause: cause}, gone)
	}
}
