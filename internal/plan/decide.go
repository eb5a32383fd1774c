package plan

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// verdict is what shall happen to one replica.
type verdict struct {
	c       Container // with the wanted name and number; State "" = does not exist
	remove  bool      // removed: surplus, or to make room
	create  bool      // made (anew)
	restart bool      // stopped and started again
	start   bool
	amend   bool // its record changes in place
	cause   string
	changes []diff.Change // what differs, as far as it counts
}

// decide compares one service with its containers. As in docker compose, those
// that would have to be replaced are given up first, then those with the highest
// numbers; new ones get numbers above all that there are.
func (m *maker) decide(s *project.Service) []verdict {
	hash := m.p.Hash(s)
	var judged []verdict
	next := 1
	for _, c := range m.existing[s.Name] {
		judged = append(judged, m.judge(s, c, hash))
		next = max(next, c.Number+1)
	}
	slices.SortStableFunc(judged, func(a, b verdict) int { return compareBool(a.remove, b.remove) })
	out := slices.Clone(judged[:min(len(judged), s.Scale)])
	var surplus []Container
	for _, v := range judged[len(out):] {
		surplus = append(surplus, v.c)
	}
	for n := next; len(out) < s.Scale; n++ {
		c := Container{Name: m.p.ContainerName(s, n), Service: s.Name, Number: n, Hash: hash, Image: m.o.Images[s.Name]}
		out = append(out, verdict{c: c, create: true, start: true, cause: "does not exist"})
	}
	for _, c := range highestFirst(surplus) {
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

// policy is what may be done with containers of a service that exist. Forced are
// the services of the command line, not what they need.
func (m *maker) policy(service string) Recreate {
	switch {
	case m.named(service) || m.o.Recreate == RecreateNever:
		return m.o.Recreate
	case m.o.RecreateDeps == RecreateForce:
		return RecreateForce
	}
	return RecreateDiverged
}

// judge compares one container with what it should be.
func (m *maker) judge(s *project.Service, c Container, hash string) verdict {
	v := verdict{c: c}
	policy := m.policy(s.Name)
	if policy != RecreateNever {
		v.changes = m.changes(s, c, hash)
	}
	need := diff.Highest(v.changes)
	if need == diff.Restart && m.o.NoStart && c.State == Running {
		need = diff.Recreate // nothing is to be started, and what runs would be of before
	}
	v.amend = need == diff.Update || need == diff.Restart
	switch {
	case policy == RecreateForce:
		v.cause, need = "recreation is forced", diff.Recreate
	case len(v.changes) > 0:
		v.cause = inWords(v.changes)
	}
	switch {
	case need == diff.Recreate:
		v.remove, v.create, v.start, v.amend = true, true, true, false
	case c.State != Running:
		v.start, v.cause = true, "not running"
	case need == diff.Restart:
		v.restart, v.start = true, true
	}
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
