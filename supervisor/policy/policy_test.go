package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

func TestBackoffCurve(t *testing.T) {
	want := []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000}
	var last time.Duration
	for n, w := range want {
		last = NextBackoff(last, time.Second)
		if last != w*time.Millisecond {
			t.Errorf("wait %d is %v, want %v", n+1, last, w*time.Millisecond)
		}
	}
	if got := NextBackoff(last, 10*time.Second); got != 100*time.Millisecond {
		t.Errorf("after a run of 10 s: %v", got)
	}
	if got := NextBackoff(last, 10*time.Second-1); got != time.Minute {
		t.Errorf("after a run of almost 10 s: %v", got)
	}
}

func TestPolicies(t *testing.T) {
	cases := []struct {
		mode              project.RestartMode
		limit, code, done int
		want              bool
	}{
		{project.RestartNo, 0, 1, 0, false},
		{"", 0, 1, 0, false},
		{project.RestartAlways, 0, 0, 99, true},
		{project.RestartUnlessStopped, 0, 1, 99, true},
		{project.RestartOnFailure, 0, 0, 0, false},
		{project.RestartOnFailure, 0, 1, 99, true},
		{project.RestartOnFailure, 3, 1, 2, true},
		{project.RestartOnFailure, 3, 1, 3, false},
	}
	for _, c := range cases {
		if got := Restarts(project.RestartPolicy{Mode: c.mode, MaxRetries: c.limit}, c.code, c.done); got != c.want {
			t.Errorf("%s:%d after exit %d and %d restarts: %t", c.mode, c.limit, c.code, c.done, got)
		}
	}
}

func TestHealthAfterProbes(t *testing.T) {
	check := project.HealthCheck{Test: []string{"CMD", "x"}, Retries: 3, StartPeriod: 10 * time.Second}
	type probe struct {
		age  int // seconds
		code int
	}
	cases := []struct {
		name   string
		probes []probe
		want   string // status:streak after each
	}{
		{"healthy at once", []probe{{1, 0}}, "healthy:0"},
		{"failures in the start period do not count", []probe{{1, 1}, {5, 1}, {9, 1}}, "starting:0 starting:0 starting:0"},
		{"after it they do", []probe{{9, 1}, {10, 1}, {11, 1}, {12, 1}}, "starting:0 starting:1 starting:2 unhealthy:3"},
		{"a success ends the start period", []probe{{1, 0}, {2, 1}, {3, 1}, {4, 1}}, "healthy:0 healthy:1 healthy:2 unhealthy:3"},
		{"recovery", []probe{{20, 1}, {21, 1}, {22, 1}, {23, 0}, {24, 1}}, "starting:1 starting:2 unhealthy:3 healthy:0 healthy:1"},
		{"timeouts are failures", []probe{{20, -1}, {21, -1}, {22, -1}}, "starting:1 starting:2 unhealthy:3"},
	}
	for _, c := range cases {
		h := Health{Status: Probing}
		var got []string
		for _, p := range c.probes {
			h = h.After(&check, time.Duration(p.age)*time.Second, p.code, "")
			got = append(got, fmt.Sprintf("%s:%d", h.Status, h.Streak))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

func TestHealthNames(t *testing.T) {
	for h := range numHealth {
		b, err := h.MarshalText()
		var back HealthStatus
		if err != nil || back.UnmarshalText(b) != nil || back != h {
			t.Errorf("%q does not read back: %v", b, err)
		}
	}
	var h HealthStatus
	if h.UnmarshalText([]byte("fine")) == nil {
		t.Error("an unknown name was accepted")
	}
}
