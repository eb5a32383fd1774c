package supervisor

import (
	"fmt"
	"slices"
	"sort"

	"github.com/mocker-compose/mocker-compose/project"
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

// checkServices refuses names that are neither in the project nor have a container.
func (s *Supervisor) checkServices(names []string) error {
	var unknown error
	err := s.ask(func() {
		for _, name := range names {
			_, ok := s.desired.Service(name)
			if !ok && len(s.replicas(name)) == 0 && unknown == nil {
				unknown = &project.UnknownServiceError{Name: name, Disabled: slices.Contains(s.desired.Disabled, name)}
			}
		}
	})
	if err != nil {
		return err
	}
	return unknown
}

// dependencyKeys are the task keys, prefix and container name, of the
// containers in all that c depends on.
func dependencyKeys(c *Container, all []Replica, prefix string) []string {
	var keys []string
	for _, d := range c.Service.DependsOn {
		for n := range all {
			if all[n].Service.Name == d.Service {
				keys = append(keys, prefix+all[n].Name)
			}
		}
	}
	return keys
}

// dependentKeys are the task keys of the containers in all that depend on c.
func dependentKeys(c *Container, all []Replica, prefix string) []string {
	var keys []string
	for n := range all {
		for _, d := range all[n].Service.DependsOn {
			if d.Service == c.Service.Name {
				keys = append(keys, prefix+all[n].Name)
			}
		}
	}
	return keys
}

// containerName is docker compose's: project-service-number, unless the file
// gives a name.
func containerName(projectName string, svc *project.Service, number int) string {
	if svc.ContainerName != "" {
		return svc.ContainerName
	}
	return fmt.Sprintf("%s-%s-%d", projectName, svc.Name, number)
}
