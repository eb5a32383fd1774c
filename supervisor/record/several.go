package record

import (
	"fmt"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Met reports that the condition of a dependency holds, for all containers of the
// service. An error says that it will not hold any more by itself: its text is docker
// compose's.
func Met(all []*Replica, d project.Dependency) (bool, error) {
	if len(all) == 0 {
		return false, fmt.Errorf("service %q has no container to start", d.Service)
	}
	for _, r := range all {
		ok, err := r.Meets(d.Condition)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Begun reports that all containers of a service have been started since somebody
// wanted them to run, however they ended: docker compose's idea of service_started.
func Begun(all []*Replica) bool {
	for _, r := range all {
		byItself := r.Reason == states.ReasonExited || r.Reason == states.ReasonSignal || r.Reason == states.ReasonOOM
		if r.Desired != states.WantRunning || r.Setup || (!r.Runs() && !byItself) {
			return false
		}
	}
	return true
}

// Over reports that a container of a service does not run and will not by itself.
func Over(all []*Replica) bool {
	for _, r := range all {
		if r.Final() {
			return true
		}
	}
	return len(all) == 0
}
