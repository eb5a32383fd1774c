package loader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// builds completes what the builds of services have to do with each other.
func (l *load) builds(m *types.Project, p *project.Project) error {
	for i := range p.Services {
		if err := l.buildsOn(m, p, &p.Services[i], []string{p.Services[i].Name}); err != nil {
			return err
		}
	}
	return nil
}

// buildsOn checks the services that s takes files from; way leads to s.
func (l *load) buildsOn(m *types.Project, p *project.Project, s *project.Service, way []string) error {
	if s.Build == nil {
		return nil
	}
	for _, name := range s.Build.BuildsOn() {
		at := []string{"services", s.Name, "build", "additional_contexts"}
		if i := slices.Index(way, name); i >= 0 {
			return l.fault("remove one of these contexts", "builds need each other in a circle: "+strings.Join(append(way[i:], name), " -> "), at...)
		}
		if err := l.buildOnly(m, p, name); err != nil {
			return err
		}
		on, ok := p.Builder(name)
		if !ok {
			return l.fault("give that service a build section, or write docker-image://NAME",
				fmt.Sprintf("%s: service %q builds no image", strings.Join(at, "."), name), at...)
		}
		if err := l.buildsOn(m, p, on, append(slices.Clone(way), name)); err != nil {
			return err
		}
	}
	return nil
}

// buildOnly adds a service that no profile enables.
func (l *load) buildOnly(m *types.Project, p *project.Project, name string) error {
	d, ok := m.DisabledServices[name]
	if _, known := p.Builder(name); !ok || known || d.Build == nil {
		return nil
	}
	s, err := l.service(m, d)
	if err == nil {
		p.BuildOnly = append(p.BuildOnly, s)
	}
	return err
}
