package policy

import (
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// Until a service is ready it is asked again after quickest, and then after a half more
// each time, up to slowest: a start is seen soon, and one that hangs costs little.
const (
	quickest = 20 * time.Millisecond
	slowest  = time.Second
)

// Pace is the wait before the next probe of readiness; last is the one before, 0 at
// first.
func (h Health) Pace(r *project.Ready, last time.Duration) time.Duration {
	interval := orDefault(r.Interval, defaultInterval)
	switch {
	case h.Status != Probing:
		return interval
	case r.StartInterval > 0:
		return r.StartInterval
	case last == 0:
		return min(quickest, interval)
	}
	return min(last+last/2, slowest, interval)
}

// ReadyTimeout is how long one probe of readiness may take.
func ReadyTimeout(r *project.Ready) time.Duration { return orDefault(r.Timeout, defaultTimeout) }

// Told is the health after a probe of readiness. age is that of the run, or of the time
// since it was last ready. Until the first success a probe comes more often than the
// interval: then a failure counts once in each, so that a service has as long as with a
// health check of the same numbers.
func (h Health) Told(r *project.Ready, age time.Duration, failure string) Health {
	h.Output = failure
	if failure == "" {
		h.Status, h.Streak, h.Code = Healthy, 0, 0
		return h
	}
	h.Code = 1
	if h.Status == Probing && age < r.StartPeriod+time.Duration(h.Streak+1)*orDefault(r.Interval, defaultInterval) {
		return h
	}
	return h.failed(r.Retries)
}

// Patience is how long a run may be without word of its readiness until it counts as
// unhealthy.
func Patience(r *project.Ready) time.Duration {
	retries := r.Retries
	if retries <= 0 {
		retries = defaultRetries
	}
	return r.StartPeriod + time.Duration(retries)*orDefault(r.Interval, defaultInterval)
}

// Join is the health of a service that has two verdicts, of its check and of its
// readiness: it is healthy when both are, unhealthy when one is, and what is shown is of
// the one that keeps it from being healthy. A verdict that was there stays.
func Join(before HealthStatus, check, ready Health) Health {
	out := check
	if check.Status == Healthy || ready.Status == Unhealthy && check.Status != Unhealthy {
		out = ready
	}
	if out.Status == Probing && before != NoCheck {
		out.Status = before
	}
	return out
}
