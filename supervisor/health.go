package supervisor

import (
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// HealthStatus is what the health check of a run has found so far.
type HealthStatus uint8

// The health states. One that has been Healthy or Unhealthy never goes back to
// Probing: only the next run does.
const (
	NoCheck   HealthStatus = iota // the service has no health check
	Probing                       // docker's "starting": no verdict yet
	Healthy                       // the last probe succeeded, or too few failed since
	Unhealthy                     // as many probes as the retries failed in a row
	numHealth
)

var healthNames = [numHealth]string{"", "starting", "healthy", "unhealthy"}

// String is docker's word for the status.
func (h HealthStatus) String() string { return nameOf(healthNames[:], int(h)) }

// MarshalText writes the name.
func (h HealthStatus) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a name; an unknown one is an error.
func (h *HealthStatus) UnmarshalText(b []byte) (err error) {
	n, err := indexOf(healthNames[:], "health", b)
	*h = HealthStatus(n)
	return err
}

// Health is the state of one run's health check.
type Health struct {
	Status HealthStatus `json:"status"`
	Streak int          `json:"streak,omitempty"` // failed probes in a row
	Code   int          `json:"code,omitempty"`   // of the last probe; -1 = timeout, or it could not be executed
	Output string       `json:"output,omitempty"` // of the last probe, at most outputLimit bytes
}

// Docker's defaults (moby, daemon/health.go), for what the file leaves out.
const (
	defaultInterval      = 30 * time.Second
	defaultTimeout       = 30 * time.Second
	defaultStartInterval = 5 * time.Second
	defaultRetries       = 3
)

// checked reports that the service has a check that is to be run.
func checked(h *project.HealthCheck) bool {
	return h != nil && len(h.Test) > 1 && h.Test[0] != "NONE"
}

func freshHealth(c *Container) Health {
	if checked(c.Service.HealthCheck) {
		return Health{Status: Probing}
	}
	return Health{}
}

// interval is the wait before the next probe, for a run that is age old.
func (h Health) interval(c *project.HealthCheck, age time.Duration) time.Duration {
	if h.Status == Probing && age < c.StartPeriod {
		return orDefault(c.StartInterval, defaultStartInterval)
	}
	return orDefault(c.Interval, defaultInterval)
}

// after is the health after a probe that began when the run was age old. Until
// the first success, failures within the start period do not count.
func (h Health) after(c *project.HealthCheck, age time.Duration, code int, output string) Health {
	h.Code, h.Output = code, output
	if code == 0 {
		h.Status, h.Streak = Healthy, 0
		return h
	}
	if h.Status == Probing && age < c.StartPeriod {
		return h
	}
	h.Streak++
	retries := c.Retries
	if retries <= 0 {
		retries = defaultRetries
	}
	if h.Streak >= retries {
		h.Status = Unhealthy
	}
	return h
}

// explain is the last probe in words, to be added to a failure; "" if there was none.
func (h Health) explain() string {
	out := strings.TrimSpace(h.Output)
	if h.Code == 0 && out == "" {
		return ""
	}
	if out == "" {
		out = "(no output)"
	}
	return fmt.Sprintf("\nlast probe (exit %d): %s", h.Code, out)
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}
