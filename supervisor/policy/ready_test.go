package policy

import (
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// A service that is never ready has as long as with a health check of the same numbers,
// however often it is asked.
func TestNeverReady(t *testing.T) {
	for _, r := range []project.Ready{{}, {Interval: time.Second}, {Interval: time.Second, Retries: 1}, {StartPeriod: time.Minute, Interval: 10 * time.Millisecond, Retries: 7}, {StartInterval: 3 * time.Second, Interval: time.Second}} {
		h, age, wait, probes := Health{Status: Probing}, time.Duration(0), time.Duration(0), 0
		for h.Status == Probing {
			wait = h.Pace(&r, wait)
			age += wait
			h = h.Told(&r, age, "refused")
			if probes++; probes > 10000 {
				t.Fatalf("%+v: no verdict after %v", r, age)
			}
		}
		if least := Patience(&r); h.Status != Unhealthy || age < least || age > least+3*max(time.Second, r.StartInterval) {
			t.Errorf("%+v: %v after %v, want it after %v", r, h.Status, age, least)
		}
	}
}

func TestReadyComesAndGoes(t *testing.T) {
	r := project.Ready{Retries: 2}
	h := Health{Status: Probing}.Told(&r, time.Millisecond, "")
	if h.Status != Healthy || h.Pace(&r, slowest) != defaultInterval {
		t.Errorf("%+v", h)
	}
	h = h.Told(&r, time.Hour, "refused")
	if h.Status != Healthy || h.Streak != 1 {
		t.Errorf("one failure: %+v", h)
	}
	if h = h.Told(&r, time.Hour, "refused"); h.Status != Unhealthy || h.Output != "refused" {
		t.Errorf("two: %+v", h)
	}
	if h = h.Told(&r, time.Hour, ""); h.Status != Healthy || h.Streak != 0 {
		t.Errorf("again: %+v", h)
	}
}

// A start is seen within the half of what it took; afterwards there is peace.
func TestPace(t *testing.T) {
	r := project.Ready{}
	h, wait := Health{Status: Probing}, time.Duration(0)
	for age := time.Duration(0); age < 20*time.Second; age += wait {
		last := wait
		if wait = h.Pace(&r, wait); wait > max(quickest, age/2+quickest) || wait > slowest || wait < last {
			t.Fatalf("after %v: %v", age, wait)
		}
	}
	if got := h.Pace(&project.Ready{StartInterval: time.Minute}, wait); got != time.Minute {
		t.Error(got)
	}
	if got := h.Pace(&project.Ready{Interval: time.Millisecond}, 0); got != time.Millisecond {
		t.Error(got)
	}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct{ before, check, ready, want HealthStatus }{
		{Probing, Probing, Probing, Probing}, {Probing, Healthy, Probing, Probing}, {Probing, Probing, Healthy, Probing},
		{Probing, Healthy, Healthy, Healthy}, {Probing, Probing, Unhealthy, Unhealthy}, {Healthy, Unhealthy, Healthy, Unhealthy},
		{Healthy, Healthy, Unhealthy, Unhealthy}, {Unhealthy, Healthy, Probing, Unhealthy}, {Unhealthy, Healthy, Healthy, Healthy},
		{Unhealthy, Unhealthy, Unhealthy, Unhealthy},
	} {
		check, ready := Health{Status: c.check, Output: "check"}, Health{Status: c.ready, Output: "ready"}
		got := Join(c.before, check, ready)
		if got.Status != c.want {
			t.Errorf("%v, check %v, ready %v: %v, want %v", c.before, c.check, c.ready, got.Status, c.want)
		}
		if blame := map[string]HealthStatus{"check": c.check, "ready": c.ready}[got.Output]; got.Status != Healthy && blame == Healthy {
			t.Errorf("%+v: what is shown is of the one that is healthy", c)
		}
	}
}
