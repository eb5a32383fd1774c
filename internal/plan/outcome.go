package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// Action is what becomes of a container.
type Action string

// The actions, what does least last.
const (
	ToCreate   Action = "create"
	ToRecreate Action = "recreate"
	ToRestart  Action = "restart"
	ToStart    Action = "start"
	ToUpdate   Action = "update in place"
	ToKeep     Action = "keep"
	ToRemove   Action = "remove"
)

// Outcome is what becomes of one container, and why.
type Outcome struct {
	Name    string
	Service string
	Number  int
	Action  Action
	Cause   string        // in words, "" if it is kept
	Changes []diff.Change // all that differs, limits and networks too
	Group   *Group        // nil: it is not replaced in groups
}

// Group is where a container stands in a replacement in groups (deploy.update_config).
type Group struct {
	Number     int    // from 1
	Of         int    // how many groups there are
	Size       int    // containers that are replaced at a time
	StartFirst bool   // the successor runs before the container is stopped
	Successor  string // the container that takes its place
}

// String is the group in words: "group 1 of 3, start-first".
func (g *Group) String() string { return fmt.Sprintf("group %d of %d, %s", g.Number, g.Of, g.Order()) }

// Order is what of a replacement comes first, in the words of the file.
func (g *Group) Order() string {
	if g.StartFirst {
		return "start-first"
	}
	return "stop-first"
}

// outcomes are those of the containers that this plan has looked at.
func (m *maker) outcomes() (list []Outcome) {
	touched := map[string]string{} // and why
	for _, op := range m.b.p.Operations {
		switch op.Kind {
		case Connect, Disconnect, Update, Limit, Amend:
			touched[op.Object] = cmp.Or(op.Cause, touched[op.Object])
		}
	}
	for name, vs := range m.verdicts {
		s, _ := m.p.Service(name)
		for _, v := range vs {
			cause, changed := touched[v.c.Name]
			o := Outcome{Name: v.c.Name, Service: name, Number: v.c.Number, Action: m.action(v, changed), Cause: v.cause, Changes: v.changes, Group: m.grouped[v.c.Name]}
			if v.create {
				o.Name = m.p.ContainerName(s, v.c.Number)
			}
			switch {
			case v.replaced():
				o.Changes = append(slices.Clone(v.changes), inPlace(m.p, v.c, s)...)
			case !v.create && changed:
				o.Changes = append(slices.Clone(v.changes), inPlace(m.p, v.c, s)...)
				o.Cause = cmp.Or(o.Cause, inWords(o.Changes), cause)
			}
			list = append(list, o)
		}
	}
	for _, c := range m.observed.orphans(m.p) {
		o := Outcome{Name: c.Name, Service: c.Service, Number: c.Number, Action: ToKeep, Cause: orphanCause(m.p, c)}
		cause, changed := touched[c.Name]
		switch {
		case m.o.RemoveOrphans:
			o.Action = ToRemove
		case changed:
			o.Action, o.Cause = ToUpdate, cause
		}
		list = append(list, o)
	}
	list = append(list, m.bystanders(touched, list)...)
	slices.SortFunc(list, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// bystanders are containers that nobody asked about, and that stand on a network which is
// made anew.
func (m *maker) bystanders(touched map[string]string, told []Outcome) (list []Outcome) {
	for _, c := range slices.Concat(m.observed.Containers, m.observed.OneOffs) {
		cause, changed := touched[c.Name]
		if changed && !slices.ContainsFunc(told, func(o Outcome) bool { return o.Name == c.Name }) {
			list = append(list, Outcome{Name: c.Name, Service: c.Service, Number: c.Number, Action: ToUpdate, Cause: cause})
		}
	}
	return list
}

func (m *maker) action(v verdict, touched bool) Action {
	switch {
	case v.create && v.remove:
		return ToRecreate
	case v.create:
		return ToCreate
	case v.remove:
		return ToRemove
	case v.restart:
		return ToRestart
	case v.start && !m.o.NoStart:
		return ToStart
	case touched:
		return ToUpdate
	}
	return ToKeep
}

// inPlace are the differences of limits and networks: what a container has now is
// known without what it was made of. In which order it stands on its networks says in
// which it came there, and is no difference.
func inPlace(p *project.Project, c Container, s *project.Service) []diff.Change {
	was := project.Service{Resources: c.Resources}
	is := project.Service{Resources: s.Resources}
	for _, e := range c.Endpoints {
		if !e.Lost {
			e.Spec.Network = e.Network
			was.Endpoints = append(was.Endpoints, e.Spec)
		}
	}
	for _, e := range wanted(p, s) {
		e.Spec.Network = e.Network
		is.Endpoints = append(is.Endpoints, e.Spec)
	}
	for _, list := range [][]project.Endpoint{was.Endpoints, is.Endpoints} {
		slices.SortFunc(list, func(a, b project.Endpoint) int { return cmp.Compare(a.Network, b.Network) })
	}
	return diff.Compare(&was, &is)
}
