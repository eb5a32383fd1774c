package record

import (
	"fmt"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Up reports that there is nothing left to wait for.
func (r *Replica) Up() (bool, error) {
	switch {
	case r.Final():
		return r.completed()
	case policy.Watched(&r.Service):
		return r.healthy()
	}
	return r.Runs() && !r.Setup, nil
}

// Meets reports that the container meets a condition of depends_on. An error says that
// it will not any more by itself: its text is docker compose's.
func (r *Replica) Meets(c project.Condition) (bool, error) {
	switch c {
	case project.ConditionCompleted:
		return r.completed()
	case project.ConditionHealthy:
		return r.healthy()
	case project.ConditionStarted:
	}
	return r.started()
}

// started: it runs, or has run and ended well.
func (r *Replica) started() (bool, error) {
	if r.Final() {
		if r.Reason == states.ReasonExited && r.Exit != nil && r.Exit.Code == 0 {
			return true, nil
		}
		return false, r.notRunning()
	}
	return r.Runs() && !r.Setup && r.Desired == states.WantRunning && !r.Held, nil
}

func (r *Replica) healthy() (bool, error) {
	if !policy.Watched(&r.Service) {
		return false, fmt.Errorf("container %s has no healthcheck configured", r.Name)
	}
	if r.Final() {
		return false, r.notRunning()
	}
	if !r.Runs() || r.Setup {
		return false, nil
	}
	if r.Health.Status == policy.Unhealthy {
		return false, fmt.Errorf("container %s is unhealthy%s", r.Name, r.Health.Explain())
	}
	return r.Health.Status == policy.Healthy, nil
}

func (r *Replica) completed() (bool, error) {
	if !r.Final() {
		return false, nil
	}
	if r.Reason == states.ReasonStartFailed || r.Exit == nil {
		return false, r.notRunning()
	}
	if r.Reason == states.ReasonOOM {
		return false, fmt.Errorf("service %q didn't complete successfully: exit %d (%s)", r.Service.Name, r.Exit.Code, r.Out())
	}
	if r.Exit.Code != 0 {
		return false, fmt.Errorf("service %q didn't complete successfully: exit %d", r.Service.Name, r.Exit.Code)
	}
	return true, nil
}

// notRunning says why a container that is wanted does not run.
func (r *Replica) notRunning() error {
	if r.Exit == nil {
		return fmt.Errorf("container %s is not running", r.Name)
	}
	if r.Reason == states.ReasonStartFailed {
		return fmt.Errorf("container %s could not be started: %s", r.Name, r.Detail)
	}
	text := fmt.Sprintf("container %s exited (%d)", r.Name, r.Exit.Code)
	switch {
	case r.Reason == states.ReasonOOM:
		text += ": " + r.Out()
	case r.Detail != "":
		text += ": " + strings.TrimSpace(r.Detail)
	}
	return fmt.Errorf("%s", text)
}
