package supervisor

import (
	"fmt"
	"sort"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
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
		ok, err := i.meets(d.Condition)
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

func (i *instance) meets(c project.Condition) (bool, error) {
	switch c {
	case project.ConditionCompleted:
		return i.completed()
	case project.ConditionHealthy:
		return i.healthy()
	case project.ConditionStarted:
	}
	return i.started()
}

// started: it runs, or has run and ended well.
func (i *instance) started() (bool, error) {
	if i.final() {
		if i.rec.Reason == ReasonExited && i.rec.Exit != nil && i.rec.Exit.Code == 0 {
			return true, nil
		}
		return false, i.notRunning()
	}
	return i.runs() && i.rec.Desired == WantRunning && !i.rec.Held, nil
}

// begun reports that all containers of a service have been started since
// somebody wanted them to run, however they ended: docker compose's idea of
// service_started.
func (s *Supervisor) begun(service string) bool {
	for _, i := range s.replicas(service) {
		byItself := i.rec.Reason == ReasonExited || i.rec.Reason == ReasonSignal || i.rec.Reason == ReasonOOM
		if i.rec.Desired != WantRunning || (!i.runs() && !byItself) {
			return false
		}
	}
	return true
}

func (i *instance) healthy() (bool, error) {
	if !policy.Checked(i.rec.Service.HealthCheck) {
		return false, fmt.Errorf("container %s has no healthcheck configured", i.rec.Name)
	}
	if i.final() {
		return false, i.notRunning()
	}
	if !i.runs() {
		return false, nil
	}
	if i.rec.Health.Status == policy.Unhealthy {
		return false, fmt.Errorf("container %s is unhealthy%s", i.rec.Name, i.rec.Health.Explain())
	}
	return i.rec.Health.Status == policy.Healthy, nil
}

func (i *instance) completed() (bool, error) {
	if !i.final() {
		return false, nil
	}
	if i.rec.Reason == ReasonStartFailed || i.rec.Exit == nil {
		return false, i.notRunning()
	}
	if i.rec.Exit.Code != 0 {
		return false, fmt.Errorf("service %q didn't complete successfully: exit %d", i.rec.Service.Name, i.rec.Exit.Code)
	}
	return true, nil
}

// notRunning says why a container that is wanted does not run.
func (i *instance) notRunning() error {
	if i.rec.Exit == nil {
		return fmt.Errorf("container %s is not running", i.rec.Name)
	}
	if i.rec.Reason == ReasonStartFailed {
		return fmt.Errorf("container %s could not be started: %s", i.rec.Name, i.rec.Detail)
	}
	text := fmt.Sprintf("container %s exited (%d)", i.rec.Name, i.rec.Exit.Code)
	if i.rec.Detail != "" {
		text += ": " + strings.TrimSpace(i.rec.Detail)
	} else if i.rec.Reason == ReasonOOM {
		text += ": out of memory"
	}
	return fmt.Errorf("%s", text)
}
