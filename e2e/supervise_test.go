package e2e

import (
	"strings"
	"testing"
	"time"
)

// Restart policies decide by how a run ended.
func TestRestartPolicies(t *testing.T) {
	s := begin(t, `
services:
  never: { command: ./probe exit 3 never }
  twice: { command: ./probe exit 3 twice, restart: "on-failure:2" }
  fine: { command: ./probe exit 0 fine, restart: on-failure }
  always: { command: ./probe exit 0 always, restart: always }
`)
	s.must("up", "-d")
	runs := map[string]int{"never": 1, "twice": 3, "fine": 1}
	s.eventually("always runs again and again", func() bool { return strings.Count(s.read("always"), "left") >= 4 })
	s.eventually("the others have given up", func() bool {
		for name, want := range runs { // one that will be restarted may be seen as exited for a moment
			if strings.Count(s.read(name), "left") < want || s.state(name+"-1") != "exited" {
				return false
			}
		}
		return true
	})
	for name, want := range runs {
		if got := strings.Count(s.read(name), "left"); got != want {
			t.Errorf("%s ran %d times, want %d", name, got, want)
		}
	}
	if c := s.ps()["never-1"]; c.ExitCode != 3 {
		t.Errorf("never: exit code %d, want 3", c.ExitCode)
	}
	s.must("stop", "-t", "0", "always")
	left := s.read("always")
	time.Sleep(500 * time.Millisecond) // the chance to go wrong
	if s.read("always") != left {
		t.Error("a service that was stopped was started again")
	}
}

// The signal of the file is sent; who ignores it is killed after the grace period.
func TestStopSignals(t *testing.T) {
	s := begin(t, `
services:
  usr: { command: ./probe trap SIGTERM, stop_signal: SIGUSR1, stop_grace_period: 1s }
  deaf: { command: ./probe trap SIGTERM, stop_grace_period: 1s }
  polite: { command: ./probe trap, stop_grace_period: 20s }
`)
	s.must("up", "-d")
	names := []string{"usr", "deaf", "polite"}
	for _, name := range names {
		s.eventually(name+" traps", func() bool { return s.logged(name, "trapping") })
	}
	s.must("stop")
	for name, want := range map[string]struct {
		line string
		code int
	}{"usr": {"got SIGUSR1", 137}, "deaf": {"got SIGTERM", 137}, "polite": {"got SIGTERM", 0}} {
		if !s.logged(name, want.line) {
			t.Errorf("%s: log lacks %q: %v", name, want.line, s.logLines(name))
		}
		if c := s.ps()[name+"-1"]; c.State != "exited" || c.ExitCode != want.code {
			t.Errorf("%s: %s with %d, want exited with %d", name, c.State, c.ExitCode, want.code)
		}
	}
}

// kill sends any signal, and SIGKILL by default.
func TestKill(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe trap }\n")
	s.must("up", "-d")
	s.eventually("a traps", func() bool { return s.logged("a", "trapping") })
	s.must("kill", "-s", "USR2", "a")
	s.eventually("a got it", func() bool { return s.logged("a", "got SIGUSR2") })
	s.must("kill")
	s.eventually("a was killed", func() bool { c := s.ps()["a-1"]; return c.State == "exited" && c.ExitCode == 137 })
}

// Whatever a service leaves behind (children, sessions of their own, ignored
// signals) must end with it. The census at the end of the scenario looks.
func TestFamilyEnds(t *testing.T) {
	s := begin(t, "services:\n  f: { command: ./probe family, stop_grace_period: 200ms, init: true }\n  g: { command: ./probe family, stop_grace_period: 200ms }\n")
	s.must("up", "-d")
	for _, name := range []string{"f", "g"} {
		s.eventually(name+" is there", func() bool { return s.logged(name, "family is there") })
	}
	s.must("restart")
	s.must("down")
}

// A health check that fails later changes the state, and recovery too.
func TestHealthChanges(t *testing.T) {
	s := begin(t, `
services:
  w:
    command: ./probe serve :80
    ports: ["127.0.0.1::80"]
    healthcheck: { test: [CMD, ./probe, get, "http://127.0.0.1/health"], interval: 100ms, retries: 2, timeout: 2s }
`)
	s.must("up", "-d", "--wait")
	port := s.port("w-1")
	get(port, "/sick")
	s.eventually("w is unhealthy", func() bool { return s.ps()["w-1"].Health == "unhealthy" })
	get(port, "/well")
	s.eventually("w is healthy again", func() bool { return s.ps()["w-1"].Health == "healthy" })
}

// stop, start and restart keep the container; the project can be continued.
func TestStopStart(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe trap }\n  b: { command: ./probe trap }\n")
	s.must("up", "-d")
	id := s.ps()["a-1"].ID
	s.must("stop", "a")
	if s.state("a-1") != "exited" || s.state("b-1") != "running" {
		t.Errorf("after stop a: %v", s.ps())
	}
	s.must("start", "a")
	if c := s.ps()["a-1"]; c.State != "running" || c.ID != id {
		t.Errorf("after start a: %+v, want the same container running", c)
	}
	s.must("stop")
	s.must("start")
	s.eventually("a runs", func() bool { return s.state("a-1") == "running" })
}
