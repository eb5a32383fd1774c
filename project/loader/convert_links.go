package loader

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// checkLinks wants the services to exist that are linked, and no links where docker
// takes none.
func (l *load) checkLinks(m *types.Project, s types.ServiceConfig) error {
	if s.NetworkMode == "host" && len(s.Links) > 0 {
		return l.fault("remove one of them", fmt.Sprintf("services.%s: links and network_mode: host exclude each other", s.Name), "services", s.Name, "links")
	}
	for _, link := range s.Links {
		name, _, _ := strings.Cut(link, ":")
		if _, known := m.Services[name]; known && name != s.Name {
			continue
		}
		hint := unknownHint(m, name)
		if name == s.Name {
			hint = "remove the line: its own name is known"
		}
		return l.fault(hint, fmt.Sprintf("services.%s.links: service %q cannot be linked", s.Name, name), "services", s.Name, "links", link)
	}
	return nil
}

// links converts links and external_links: names that this service alone knows, for
// whoever bears the other name on its networks.
func (l *load) links(p *project.Project, m *types.Project) {
	for i := range p.Services {
		s := &p.Services[i]
		from := m.Services[s.Name]
		for _, link := range from.ExternalLinks {
			s.Link(link)
		}
		for _, link := range from.Links {
			s.Link(link)
		}
	}
}
