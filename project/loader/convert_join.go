package loader

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// outlives takes the restart flag from a dependency that compose-go has made of
// network_mode: service:NAME alone. With docker the network ends with each run of its
// owner, so whoever shares it has to be started anew; here it stays.
func (l *load) outlives(s *project.Service) {
	owner, ok := strings.CutPrefix(s.NetworkMode, project.OfService)
	if !ok || slices.Contains([]string{s.PID, s.IPC, s.UTS}, s.NetworkMode) {
		return
	}
	for i := range s.DependsOn {
		d := &s.DependsOn[i]
		if d.Service == owner && !l.has("services", s.Name, "depends_on", owner) {
			d.Restart = false
		}
	}
}
