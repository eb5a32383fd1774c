package plan

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// verdict is what shall happen to one replica.
type verdict struct {
	c       Container // with the wanted name and number; State "" = does not exist
	remove  bool      // removed: surplus, or to make room
	create  bool      // made (anew)
	restart bool      // stopped and started again
	start   bool
	cause   string
}

// decide compares one service with its containers. As in docker compose, those
// that would have to be replaced are given up first, then those with the highest
// numbers; new ones get numbers above all that there are.
func (m *maker) decide(s *project.Service) []verdict {
	hash := m.p.Hash(s)
	existing := slices.Clone(m.existing[s.Name])
	obsolete := func(c Container) bool { return m.judge(s, c, hash).remove }
	slices.SortStableFunc(existing, func(a, b Container) int { return compareBool(obsolete(a), obsolete(b)) })
	keep := existing[:min(len(existing), s.Scale)]
	var out []verdict
	next := 1
	for _, c := range existing {
		next = max(next, c.Number+1)
	}
	for _, c := range keep {
		out = append(out, m.judge(s, c, hash))
	}
	for n := next; len(out) < s.Scale; n++ {
		c := Container{Name: m.p.ContainerName(s, n), Service: s.Name, Number: n, Hash: hash, Image: m.o.Images[s.Name]}
		out = append(out, verdict{c: c, create: true, start: true, cause: "does not exist"})
	}
	for _, c := range highestFirst(existing[len(keep):]) {
		out = append(out, verdict{c: c, remove: true, cause: fmt.Sprintf("the scale is %d", s.Scale)})
	}
	return out
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// judge compares one container with what it should be.
func (m *maker) judge(s *project.Service, c Container, hash string) verdict {
	policy := m.o.Recreate
	if policy == RecreateForce && !m.named(s.Name) {
		// Forced are the services of the command line, not what they need.
		policy = RecreateDiverged
	}
	v := verdict{c: c}
	switch {
	case policy == RecreateForce:
		v.cause = "recreation is forced"
	case policy == RecreateDiverged && c.Hash != hash:
		v.cause = "configuration changed"
	case policy == RecreateDiverged && c.Image != m.o.Images[s.Name]:
		v.cause = "image changed"
	case c.State != Running:
		v.start, v.cause = true, "not running"
		return v
	default:
		return v
	}
	v.remove, v.create, v.start = true, true, true
	return v
}

// spread marks the running dependents that restart with a service that is
// replaced, in the order of levels so that it spreads along chains.
func (m *maker) spread(levels [][]string) {
	for _, level := range levels {
		for _, name := range level {
			s, _ := m.p.Service(name)
			cause := m.moves(s)
			for _, d := range s.DependsOn {
				if d.Restart && m.renewed(d.Service) {
					cause = d.Service + " is replaced"
					break
				}
			}
			if cause != "" {
				m.restartAll(s, cause)
			}
		}
	}
}

// renewed reports that a running container of the service is stopped and a
// new run of it started.
func (m *maker) renewed(service string) bool {
	for _, v := range m.verdicts[service] {
		if v.c.State == Running && v.start && (v.remove || v.restart) {
			return true
		}
	}
	return false
}

// restartAll marks the running containers of a service, whether it was
// selected or not.
func (m *maker) restartAll(s *project.Service, cause string) {
	if m.o.NoStart {
		return
	}
	vs, known := m.verdicts[s.Name]
	if !known {
		for _, c := range m.existing[s.Name] {
			vs = append(vs, verdict{c: c})
		}
	}
	for i := range vs {
		if v := &vs[i]; v.c.State == Running && !v.remove {
			v.restart, v.start, v.cause = true, true, cause
		}
	}
	m.verdicts[s.Name] = vs
}
