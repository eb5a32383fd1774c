package supervisor

import (
	"fmt"
	"sort"

	"github.com/mocker-compose/mocker-compose/project"
)

// met reports that the condition of a dependency holds, for all replicas of
// the service. An error says that it will not hold any more by itself: its text
// is docker compose's.
func (s *Supervisor) met(d project.Dependency) (bool, error) {
	all := s.replicas(d.Service)
	if len(all) == 0 {
		return false, fmt.Errorf("service %q has no container to start", d.Service)
	}
	for _, i := range all {
		ok, err := i.rec.Meets(d.Condition)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// replicas are the containers of a service, by number; those of run are none.
func (s *Supervisor) replicas(service string) []*instance {
	var all []*instance
	for _, i := range s.instances {
		if i.rec.Service.Name == service && i.rec.OneOff == nil {
			all = append(all, i)
		}
	}
	sort.Slice(all, func(a, b int) bool { return all[a].rec.Number < all[b].rec.Number })
	return all
}

// begun reports that all containers of a service have been started since
// somebody wanted them to run, however they ended: docker compose's idea of
// service_started.
func (s *Supervisor) begun(service string) bool {
	for _, i := range s.replicas(service) {
		byItself := i.rec.Reason == ReasonExited || i.rec.Reason == ReasonSignal || i.rec.Reason == ReasonOOM
		if i.rec.Desired != WantRunning || i.rec.Setup || (!i.rec.Runs() && !byItself) {
			return false
		}
	}
	return true
}
