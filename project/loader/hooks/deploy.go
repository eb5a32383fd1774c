package hooks

import (
	"fmt"
	"math"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// countLimit bounds numbers that count containers or restarts.
const countLimit = 1 << 30

// restart reads deploy.restart_policy, which stands in place of restart.
func restart(src Source, s types.ServiceConfig, out *project.Service) error {
	at := []string{"services", s.Name, "deploy", "restart_policy"}
	p := s.Deploy.RestartPolicy
	policy := project.RestartPolicy{}
	switch p.Condition {
	case "", "any", "always":
		policy.Mode = project.RestartAlways
	case "unless-stopped":
		policy.Mode = project.RestartUnlessStopped
	case "on-failure":
		policy.Mode = project.RestartOnFailure
	case "none", "no":
		out.Restart = project.RestartPolicy{Mode: project.RestartNo}
		return nil
	default:
		return src.Fault("write none, on-failure or any", fmt.Sprintf("services.%s.deploy.restart_policy.condition: %q is not a condition", s.Name, p.Condition), append(at, "condition")...)
	}
	for key, d := range map[string]*types.Duration{"delay": p.Delay, "window": p.Window} {
		if d != nil && *d < 0 {
			return src.Fault("write a duration such as 5s", fmt.Sprintf("services.%s.deploy.restart_policy.%s: %s is negative", s.Name, key, *d), append(at, key)...)
		}
	}
	if p.MaxAttempts != nil {
		policy.MaxRetries = int(min(*p.MaxAttempts, countLimit))
	}
	if p.Delay != nil {
		d := time.Duration(*p.Delay)
		policy.Delay = &d
	}
	if p.Window != nil {
		policy.Window = time.Duration(*p.Window)
	}
	out.Restart = policy
	return nil
}

// update reads deploy.update_config. How a roll-back goes is said by the same words in
// rollback_config: what was replaced comes back in the way that it went.
func update(src Source, s types.ServiceConfig, out *project.Service) error {
	c := s.Deploy.UpdateConfig
	if c == nil {
		return nil
	}
	at := []string{"services", s.Name, "deploy", "update_config"}
	fault := func(hint, key, format string, args ...any) error {
		return src.Fault(hint, fmt.Sprintf("services.%s.deploy.update_config.%s: ", s.Name, key)+fmt.Sprintf(format, args...), append(at, key)...)
	}
	u := &project.Update{
		Delay: time.Duration(c.Delay), StartFirst: c.Order == "start-first", OnFailure: project.UpdateFailure(c.FailureAction),
		Monitor: time.Duration(c.Monitor), MaxFailureRatio: float64(c.MaxFailureRatio), Parallelism: 1,
	}
	if c.Parallelism != nil {
		u.Parallelism = int(min(*c.Parallelism, countLimit))
	}
	switch u.OnFailure {
	case "", project.UpdatePause, project.UpdateContinue, project.UpdateRollback:
	default:
		return fault("write pause, continue or rollback", "failure_action", "%q is not an action", c.FailureAction)
	}
	switch {
	case c.Order != "" && c.Order != "stop-first" && c.Order != "start-first":
		return fault("write stop-first or start-first", "order", "%q is not an order", c.Order)
	case u.Delay < 0:
		return fault("write a duration such as 10s", "delay", "%v is negative", u.Delay)
	case u.Monitor < 0:
		return fault("write a duration such as 10s", "monitor", "%v is negative", u.Monitor)
	case math.IsNaN(u.MaxFailureRatio) || u.MaxFailureRatio < 0 || u.MaxFailureRatio > 1:
		return fault("write a number from 0 to 1", "max_failure_ratio", "%v is not between 0 and 1", c.MaxFailureRatio)
	}
	if u.StartFirst {
		oneAtATime(src, s, out, u, append(at, "order"))
	}
	out.Update = u
	return nil
}

// oneAtATime takes the order start-first back where the old container and its successor
// cannot be there at the same time.
func oneAtATime(src Source, s types.ServiceConfig, out *project.Service, u *project.Update, at []string) {
	why := ""
	switch {
	case out.ContainerName != "":
		why = "container_name can be that of one container"
	case out.FixedEndpoint() != nil:
		why = "a fixed address can be that of one container"
	default:
		for _, p := range out.Ports {
			if p.HostPort != 0 && p.HostPortEnd <= p.HostPort {
				why = fmt.Sprintf("port %d of the host can be published by one container", p.HostPort)
			}
		}
	}
	if why != "" {
		u.StartFirst = false
		src.Notice(project.Degraded, why+": each is stopped before its successor starts", at...)
	}
}
