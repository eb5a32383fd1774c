package policy

import (
	"fmt"
	"slices"
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
func (h HealthStatus) String() string {
	if h >= numHealth {
		return fmt.Sprintf("invalid(%d)", h)
	}
	return healthNames[h]
}

// MarshalText writes the name.
func (h HealthStatus) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a name; an unknown one is an error.
func (h *HealthStatus) UnmarshalText(b []byte) error {
	n := slices.Index(healthNames[:], string(b))
	if n < 0 {
		return fmt.Errorf("unknown health %q", b)
	}
	*h = HealthStatus(n)
	return nil
}

// Health is the state of one run's health check.
type Health struct {
	Status HealthStatus `json:"status"`
	Streak int          `json:"streak,omitempty"` // failed probes in a row
	Code   int          `json:"code,omitempty"`   // of the last probe; -1 = timeout, or it could not be executed
	Output string       `json:"output,omitempty"` // of the last probe, at most OutputLimit bytes
	// Probe is what the last probe was, where it was none of the health check:
	// "tcp 5432". Code then has no meaning but that 0 is good.
	Probe string `json:"probe,omitempty"`
}

// Docker's defaults (moby, daemon/health.go), for what the file leaves out.
const (
	defaultInterval      = 30 * time.Second
	defaultTimeout       = 30 * time.Second
	defaultStartInterval = 5 * time.Second
	defaultRetries       = 3
)

// OutputLimit bounds what is kept of a probe's output, in bytes; docker keeps as much.
const OutputLimit = 4096

// Checked reports that there is a check to be run.
func Checked(h *project.HealthCheck) bool {
	return h != nil && len(h.Test) > 1 && h.Test[0] != "NONE"
}

// Watched reports that a service has a verdict to wait for: of its health check, of
// its readiness, or of both.
func Watched(s *project.Service) bool { return Checked(s.HealthCheck) || s.Ready != nil }

// Fresh is the health of a run that has just begun.
func Fresh(s *project.Service) Health {
	if Watched(s) {
		return Health{Status: Probing}
	}
	return Health{}
}

// Interval is the wait before the next probe, for a run that is age old.
func (h Health) Interval(c *project.HealthCheck, age time.Duration) time.Duration {
	if h.Status == Probing && age < c.StartPeriod {
		return orDefault(c.StartInterval, defaultStartInterval)
	}
	return orDefault(c.Interval, defaultInterval)
}

// After is the health after a probe that began when the run was age old. Until
// the first success, failures within the start period do not count.
func (h Health) After(c *project.HealthCheck, age time.Duration, code int, output string) Health {
	h.Code, h.Output = code, output
	if code == 0 {
		h.Status, h.Streak = Healthy, 0
		return h
	}
	if h.Status == Probing && age < c.StartPeriod {
		return h
	}
	return h.failed(c.Retries)
}

// failed is the health after one more failure that counts.
func (h Health) failed(retries int) Health {
	h.Streak++
	if retries <= 0 {
		retries = defaultRetries
	}
	if h.Streak >= retries {
		h.Status = Unhealthy
	}
	return h
}

// Explain is the last probe in words, to be added to a failure; "" if there was none.
func (h Health) Explain() string {
	out := strings.TrimSpace(h.Output)
	if h.Code == 0 && out == "" {
		return ""
	}
	if out == "" {
		out = "(no output)"
	}
	if h.Probe != "" {
		return fmt.Sprintf("\nlast probe (%s): %s", h.Probe, out)
	}
	return fmt.Sprintf("\nlast probe (exit %d): %s", h.Code, out)
}

// Timeout is how long a probe may take.
func Timeout(c *project.HealthCheck) time.Duration { return orDefault(c.Timeout, defaultTimeout) }

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}
