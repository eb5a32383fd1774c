package client

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// UnknownService refuses a service that neither the file nor any container knows.
func UnknownService(t Target, cs []api.Container, services []string) error {
	for _, s := range services {
		switch {
		case slices.ContainsFunc(cs, func(c api.Container) bool { return chosen(&c, []string{s}) }):
		case t.Unread:
			return ErrUnread
		case t.Project == nil || !defines(t.Project, s):
			return fmt.Errorf("no such service: %s", s)
		}
	}
	return nil
}

// Defines reports that the target's files have the service, enabled or not.
func (t Target) Defines(service string) bool { return t.Project != nil && defines(t.Project, service) }

// defines reports that the project's files have the service, enabled or not.
func defines(p *project.Project, service string) bool {
	return slices.Contains(p.Disabled, service) || p.Provider(service) != nil ||
		slices.ContainsFunc(p.Services, func(s project.Service) bool { return s.Name == service })
}

// names are all services of a project, enabled or not; nil without files.
func names(p *project.Project) []string {
	if p == nil {
		return nil
	}
	out := slices.Clone(p.Disabled)
	for i := range p.Services {
		out = append(out, p.Services[i].Name)
	}
	return out
}
