package client

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/project"
)

// shows tells whether a service's log is shown: all, or those named, less what
// flags and file exclude.
func (a *attached) shows(service string) bool {
	o := a.o
	switch {
	case slices.Contains(o.NoAttach, service):
		return false
	case len(o.Attach) > 0:
		return slices.Contains(o.Attach, service)
	case len(a.services) > 0 && !o.AttachDeps && !slices.Contains(a.services, service):
		return false
	}
	i := slices.IndexFunc(a.target.Project.Services, func(s project.Service) bool { return s.Name == service })
	return i >= 0 && a.target.Project.Services[i].Attach
}

// label is how a container's lines are headed: its name without the project's.
func (a *attached) label(name string) string { return screen.Label(a.target.Name, name) }

// expected are the labels of the containers that will be shown, replicas in
// the order of their numbers.
func (a *attached) expected() []string {
	var out []string
	for _, s := range a.target.Project.Services {
		if !a.shows(s.Name) {
			continue
		}
		for n := 1; n <= s.Scale; n++ {
			name := fmt.Sprintf("%s-%d", s.Name, n)
			if s.ContainerName != "" {
				name = a.label(s.ContainerName)
			}
			out = append(out, name)
		}
	}
	return out
}

// widest is the longest of labels, in bytes.
func widest(labels []string) int {
	n := 0
	for _, l := range labels {
		n = max(n, len(l))
	}
	return n
}
