package rehearsal

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
)

// Renewed are the anonymous volumes, by where they are mounted, of containers that are
// made anew without those of the one before (up -V), by the name of the container.
func (s *Stage) Renewed(p *plan.Plan, b *api.UpRequest) map[string][]string {
	if !b.RenewVolumes {
		return nil
	}
	all := map[string][]string{}
	for _, o := range p.Outcomes {
		svc, ok := b.Project.Service(o.Service)
		if !ok || o.Action != plan.ToRecreate {
			continue
		}
		for _, m := range survey.Merged(svc, s.Images).Mounts {
			if m.Anonymous() && s.had(o.Service, o.Number, m.Target) {
				all[o.Name] = append(all[o.Name], m.Target)
			}
		}
	}
	return all
}

// had reports that a replica has an anonymous volume somewhere.
func (s *Stage) had(service string, number int, target string) bool {
	for i := range s.Live.Containers {
		r := &s.Live.Containers[i]
		if r.OneOff == nil && r.Service.Name == service && r.Number == number {
			return slices.ContainsFunc(r.Service.Mounts, func(m project.Mount) bool { return m.Anonymous() && m.Target == target })
		}
	}
	return false
}
