package loader

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// health converts the health check. What the file does not set stays zero: it is
// the image's, or the default.
func (l *load) health(s types.ServiceConfig, out *project.Service) error {
	h := s.HealthCheck
	if h == nil {
		return nil
	}
	if h.Disable || len(h.Test) > 0 && h.Test[0] == "NONE" {
		out.HealthCheck = &project.HealthCheck{Test: []string{"NONE"}}
		return nil
	}
	if len(h.Test) == 0 && !hasConfig(s.Image) {
		l.notices = append(l.notices, project.Notice{Fate: project.Ignored, Key: "services." + s.Name + ".healthcheck",
			Reason: "it has no test, and there is no image to take one from", Source: l.position("services", s.Name, "healthcheck")})
		return nil
	}
	out.HealthCheck = &project.HealthCheck{
		Test:          h.Test,
		Interval:      duration(h.Interval),
		Timeout:       duration(h.Timeout),
		StartPeriod:   duration(h.StartPeriod),
		StartInterval: duration(h.StartInterval),
	}
	if h.Retries != nil && *h.Retries > 0 {
		out.HealthCheck.Retries = int(min(*h.Retries, 1<<30))
	}
	return nil
}

// duration treats 0 as not set, as docker does.
func duration(d *types.Duration) time.Duration {
	if d == nil || *d <= 0 {
		return 0
	}
	return time.Duration(*d)
}

// restart converts restart; deploy.restart_policy stands in its place (package hooks).
func (l *load) restart(s types.ServiceConfig, out *project.Service) error {
	out.Restart.Mode = project.RestartNo
	if s.Restart == "" {
		return nil
	}
	mode, count, counted := strings.Cut(s.Restart, ":")
	out.Restart.Mode = project.RestartMode(mode)
	switch out.Restart.Mode {
	case project.RestartNo, project.RestartAlways, project.RestartUnlessStopped:
		if !counted {
			return nil
		}
	case project.RestartOnFailure:
		if !counted {
			return nil
		}
		n, err := strconv.Atoi(count)
		if err == nil && n >= 0 {
			out.Restart.MaxRetries = n
			return nil
		}
	}
	return l.fault(`write "no", always, unless-stopped, on-failure or on-failure:N`,
		fmt.Sprintf("services.%s.restart: %q is not a policy", s.Name, s.Restart), "services", s.Name, "restart")
}
