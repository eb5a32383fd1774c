package plan

import "github.com/mocker-compose/mocker-compose/project"

// moves says why the containers of a service that has the net namespace of another
// have to be started anew, "" if they need not: the other gets a namespace of
// another kind. Its restart or replacement alone leaves the namespace as it is.
func (m *maker) moves(s *project.Service) string {
	for range m.p.Services { // who is joined may join in turn
		of := m.p.NetworkOf(s)
		if of == nil {
			return ""
		}
		for _, v := range m.verdicts[of.Name] {
			if v.remove && v.create && v.c.NetMode != of.NetworkMode {
				return of.Name + " has another network"
			}
		}
		s = of
	}
	return ""
}
