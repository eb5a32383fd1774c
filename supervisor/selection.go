package supervisor

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// checkServices refuses names that are neither in the project nor those of a container
// of it, or of a one-off container.
func (s *Supervisor) checkServices(names []string) error {
	var unknown error
	err := s.loop.Ask(func() {
		if s.loop.Desired.Name == "" {
			return // no up has said yet which there are
		}
		for _, name := range names {
			_, ok := s.loop.Desired.Service(name)
			if !ok && unknown == nil && !s.has(name) {
				unknown = &project.UnknownServiceError{Name: name, Disabled: slices.Contains(s.loop.Desired.Disabled, name)}
			}
		}
	})
	if err != nil {
		return err
	}
	return unknown
}

// has reports that a container belongs to a service of that name, or is a
// one-off container of that name or id. Called on the loop.
func (s *Supervisor) has(name string) bool {
	for _, i := range s.loop.Instances {
		if i.Rec.Service.Name == name || i.Rec.Called(name) {
			return true
		}
	}
	return false
}
