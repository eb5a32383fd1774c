package supervisor

import (
	"slices"
	"sort"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// snapshot copies the records of all containers of the services (empty = all),
// sorted by service and number.
func (s *Supervisor) snapshot(services []string) ([]Replica, error) {
	var all []Replica
	err := s.ask(func() {
		for _, i := range s.instances {
			if len(services) == 0 || slices.Contains(services, i.rec.Service.Name) {
				all = append(all, i.rec)
			}
		}
	})
	sort.Slice(all, func(a, b int) bool {
		if all[a].Service.Name != all[b].Service.Name {
			return all[a].Service.Name < all[b].Service.Name
		}
		return all[a].Number < all[b].Number
	})
	return all, err
}

// snapshotReplicas is snapshot without what run made.
func (s *Supervisor) snapshotReplicas(services []string) ([]Replica, error) {
	all, err := s.snapshot(services)
	return record.Filter(all, func(r *Replica) bool { return r.OneOff == nil }), err
}

// checkServices refuses names that are neither in the project nor those of a container
// of it, or of a one-off container.
func (s *Supervisor) checkServices(names []string) error {
	var unknown error
	err := s.ask(func() {
		if s.desired.Name == "" {
			return // no up has said yet which there are
		}
		for _, name := range names {
			_, ok := s.desired.Service(name)
			if !ok && unknown == nil && !s.has(name) {
				unknown = &project.UnknownServiceError{Name: name, Disabled: slices.Contains(s.desired.Disabled, name)}
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
	for _, i := range s.instances {
		if i.rec.Service.Name == name || i.rec.Called(name) {
			return true
		}
	}
	return false
}
