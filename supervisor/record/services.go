package record

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// Services are the services as their containers were made, and those of
// the last file that have none: what exists is judged by its own record, also
// when the file that made it is gone.
func Services(file []project.Service, all []Replica) []project.Service {
	byName := map[string]project.Service{}
	for _, s := range file {
		byName[s.Name] = s
	}
	for n := range all {
		if all[n].OneOff == nil {
			byName[all[n].Service.Name] = all[n].Service
		}
	}
	out := make([]project.Service, 0, len(byName))
	for _, s := range byName {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b project.Service) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Filter are those that keep accepts.
func Filter(all []Replica, keep func(*Replica) bool) []Replica {
	var out []Replica
	for n := range all {
		if keep(&all[n]) {
			out = append(out, all[n])
		}
	}
	return out
}

// Orphans are the containers whose service is not in a file.
func Orphans(all []Replica, p *project.Project) []Replica {
	return Filter(all, func(r *Replica) bool {
		_, ok := p.Service(r.Service.Name)
		return !ok && !slices.Contains(p.Disabled, r.Service.Name)
	})
}
