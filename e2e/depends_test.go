package e2e

import (
	"context"
	"strings"
	"testing"
	"time"
)

// A dependent must not start before its dependency is healthy.
func TestHealthGate(t *testing.T) {
	s := begin(t, `
services:
  db:
    command: ./probe pause
    healthcheck:
      test: [CMD-SHELL, "test -f healthy"]
      interval: 50ms
      start_period: 60s
      start_interval: 50ms
  app:
    command: ./probe exit 0 app-ran
    depends_on:
      db: { condition: service_healthy }
`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	up := s.command(ctx, "up", "-d")
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("db is checked", func() bool { return s.ps()["db-1"].Health == "starting" })
	time.Sleep(300 * time.Millisecond) // the chance to go wrong
	if s.read("app-ran") != "" {
		t.Error("app ran before db was healthy")
	}
	s.write("healthy", "")
	if err := up.Wait(); err != nil {
		t.Errorf("up: %v", err)
	}
	s.eventually("app has run", func() bool { return s.read("app-ran") == "left\n" })
}

// A failed dependency stops what depends on it, and up says which and why.
func TestFailedDependency(t *testing.T) {
	for _, c := range []struct{ name, db, condition, message string }{
		{
			"unhealthy", "{ command: ./probe pause, healthcheck: { test: [CMD-SHELL, 'echo no luck; exit 1'], interval: 50ms, retries: 2 } }",
			"service_healthy", "is unhealthy",
		},
		{"job", "{ command: ./probe exit 3 }", "service_completed_successfully", "didn't complete successfully: exit 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, "services:\n  db: "+c.db+"\n  app: { command: ./probe exit 0 app-ran, depends_on: { db: { condition: "+c.condition+" } } }\n")
			s.fails(1, []string{c.message}, "up", "-d")
			if s.read("app-ran") != "" {
				t.Error("the dependent ran")
			}
		})
	}
}

// required: false means: go on without.
func TestOptionalDependency(t *testing.T) {
	s := begin(t, `
services:
  db: { command: ./probe exit 3 }
  app:
    command: ./probe exit 0 app-ran
    depends_on:
      db: { condition: service_completed_successfully, required: false }
`)
	s.must("up", "-d")
	s.eventually("app has run", func() bool { return s.read("app-ran") != "" })
}

// A restart must reach the dependents that the file names, and no others.
func TestRestartDependents(t *testing.T) {
	s := begin(t, `
services:
  db: { command: ./probe trap }
  follows: { command: ./probe trap, depends_on: { db: { condition: service_started, restart: true } } }
  stays: { command: ./probe trap, depends_on: [db] }
`)
	s.must("up", "-d")
	for _, name := range []string{"db", "follows", "stays"} {
		s.eventually(name+" traps", func() bool { return s.logged(name, "trapping") })
	}
	s.must("restart", "db")
	for name, want := range map[string]int{"db": 2, "follows": 2, "stays": 1} {
		s.eventually(name+" has its runs", func() bool {
			return strings.Count(strings.Join(s.logLines(name), "\n"), "trapping") == want
		})
	}
}

// Stopping goes in the reverse order of starting.
func TestStopOrder(t *testing.T) {
	s := begin(t, `
services:
  first: { command: ./probe trap }
  second: { command: ./probe trap, depends_on: [first] }
`)
	s.must("up", "-d")
	for _, name := range []string{"first", "second"} {
		s.eventually(name+" traps", func() bool { return s.logged(name, "trapping") })
	}
	r := s.compose("stop")
	i, j := strings.Index(r.stderr, "second-1  Stopped"), strings.Index(r.stderr, "first-1  Stopping")
	if r.code != 0 || i < 0 || j < 0 || i > j {
		t.Errorf("exit %d; want second stopped before first is asked:\n%s", r.code, r.stderr)
	}
	for _, name := range []string{"first", "second"} {
		if !s.logged(name, "got SIGTERM") || s.state(name+"-1") != "exited" {
			t.Errorf("%s was not stopped by SIGTERM", name)
		}
	}
}
