package plan

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// limit plans that the limits of a container that stays become those of its service:
// in place, whether it runs or not. One that is stopped for a restart is changed when
// it is down: then nothing is in use that would forbid it. Who only restarts with another
// service, and is not selected, keeps what it has.
func (m *maker) limit(s *project.Service, v verdict, after []ID) []ID {
	if v.remove || !slices.Contains(m.selected, s.Name) || v.c.Resources.Same(s.Resources) {
		return nil
	}
	op := on(Limit, v.c, strings.Join(v.c.Resources.Changes(s.Resources), ", "))
	op.Resources = s.Resources
	return []ID{m.b.add(op, slices.Clone(after)...)}
}
