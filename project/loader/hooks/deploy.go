package hooks

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
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

// replacements reads deploy.update_config and deploy.rollback_config, which have the same
// keys; a roll-back cannot be rolled back.
func replacements(src Source, s types.ServiceConfig, out *project.Service) (err error) {
	out.Update, err = replacement(src, s, out, "update_config", s.Deploy.UpdateConfig, project.UpdatePause, project.UpdateContinue, project.UpdateRollback)
	if err != nil {
		return err
	}
	out.Rollback, err = replacement(src, s, out, "rollback_config", s.Deploy.RollbackConfig, project.UpdatePause, project.UpdateContinue)
	return err
}

// replacement reads one of them, nil if the file does not have it; actions are those that
// may follow a failure.
func replacement(src Source, s types.ServiceConfig, out *project.Service, name string, c *types.UpdateConfig, actions ...project.UpdateFailure) (*project.Update, error) {
	if c == nil {
		return nil, nil
	}
	at := []string{"services", s.Name, "deploy", name}
	fault := func(hint, key, format string, args ...any) error {
		return src.Fault(hint, fmt.Sprintf("services.%s.deploy.%s.%s: ", s.Name, name, key)+fmt.Sprintf(format, args...), append(at, key)...)
	}
	u := &project.Update{
		Delay: time.Duration(c.Delay), StartFirst: c.Order == "start-first", OnFailure: project.UpdateFailure(c.FailureAction),
		Monitor: time.Duration(c.Monitor), MaxFailureRatio: ratio(c.MaxFailureRatio), Parallelism: 1,
	}
	if c.Parallelism != nil {
		u.Parallelism = int(min(*c.Parallelism, countLimit))
	}
	switch {
	case u.OnFailure != "" && !slices.Contains(actions, u.OnFailure):
		return nil, fault("write "+either(actions), "failure_action", "%q is not an action", c.FailureAction)
	case c.Order != "" && c.Order != "stop-first" && c.Order != "start-first":
		return nil, fault("write stop-first or start-first", "order", "%q is not an order", c.Order)
	case u.Delay < 0:
		return nil, fault("write a duration such as 10s", "delay", "%v is negative", u.Delay)
	case u.Monitor < 0:
		return nil, fault("write a duration such as 10s", "monitor", "%v is negative", u.Monitor)
	case math.IsNaN(u.MaxFailureRatio) || u.MaxFailureRatio < 0 || u.MaxFailureRatio > 1:
		return nil, fault("write a number from 0 to 1", "max_failure_ratio", "%v is not between 0 and 1", c.MaxFailureRatio)
	}
	if u.StartFirst {
		oneAtATime(src, out, u, append(at, "order"))
	}
	return u, nil
}

// ratio is the number as the file has it: 0.7 and not 0.699999988, which 7 of 10 exceed.
func ratio(f float32) float64 {
	exact, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		return float64(f)
	}
	return exact
}

// either is a choice in words: "pause, continue or rollback".
func either(actions []project.UpdateFailure) string {
	words := make([]string, len(actions))
	for i, a := range actions {
		words[i] = string(a)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// oneAtATime takes the order start-first back where the old container and its successor
// cannot be there at the same time.
func oneAtATime(src Source, out *project.Service, u *project.Update, at []string) {
	if why := out.Alone(); why != "" {
		u.StartFirst = false
		src.Notice(project.Degraded, why+": each is stopped before its successor starts", at...)
	}
}
