package e2e

import (
	"strings"
	"testing"
)

const rollingFile = `
services:
  web:
    command: sh -c 'trap "echo down $$V >> order; exit 0" TERM; echo "up $$V" >> order; test -f "broken$$V" && exit 3; while :; do sleep 0.05; done'
    environment: { V: "VERSION" }
    scale: 2
    deploy:
      update_config: { UPDATE }
`

func rolling(version, update string) string {
	return strings.NewReplacer("VERSION", version, "UPDATE", update).Replace(rollingFile)
}

// Replicas that have diverged are replaced one after the other: by default each is
// stopped first, with start-first only when its successor runs.
func TestRollingUpdate(t *testing.T) {
	for _, c := range []struct{ name, update, order, names string }{
		{"stop first", "parallelism: 1, monitor: 300ms", "up 1 up 1 down 1 up 2 down 1 up 2", "web-1 web-2"},
		{"start first", "parallelism: 1, monitor: 300ms, order: start-first", "up 1 up 1 up 2 down 1 up 2 down 1", "web-3 web-4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, rolling("1", c.update))
			s.must("up", "-d")
			order := func() string { return strings.Join(strings.Fields(s.read("order")), " ") }
			s.eventually("both are up", func() bool { return order() == "up 1 up 1" })
			s.write("compose.yaml", rolling("2", c.update))
			s.must("up", "-d")
			s.eventually("order "+c.order, func() bool { return order() == c.order })
			ps := s.ps()
			for _, name := range strings.Fields(c.names) {
				if ps[name].State != "running" || len(ps) != 2 {
					t.Errorf("ps: %+v", ps)
				}
			}
			s.must("up", "-d")
			if got := order(); got != c.order {
				t.Errorf("a second up did something: %s", got)
			}
		})
	}
}

// An update whose first replica fails is paused, with the others as they were; or rolled
// back, with all as they were.
func TestFailedUpdate(t *testing.T) {
	for _, c := range []struct{ action, says, running string }{
		{"pause", "it is paused", "web-2"},
		{"rollback", "it was rolled back", "web-1 web-2"},
	} {
		t.Run(c.action, func(t *testing.T) {
			update := "parallelism: 1, monitor: 20s, failure_action: " + c.action // the failure is seen at once
			s := begin(t, rolling("1", update))
			s.must("up", "-d")
			s.write("broken2", "")
			s.write("compose.yaml", rolling("2", update))
			s.fails(1, []string{`update of service "web"`, "exit 3", c.says}, "up", "-d")
			var running []string
			ps := s.ps()
			for _, name := range []string{"web-1", "web-2"} {
				if ps[name].State == "running" {
					running = append(running, name)
				}
			}
			if got := strings.Join(running, " "); got != c.running {
				t.Errorf("running: %s", got)
			}
			for _, name := range running {
				number := strings.TrimPrefix(name, "web-")
				if got := s.must("exec", "-T", "--index", number, "web", "printenv", "V"); got != "1\n" {
					t.Errorf("%s has version %s", name, got)
				}
			}
		})
	}
}

// deploy.restart_policy bounds the attempts of any, and stands in place of restart.
func TestRestartPolicyAttempts(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: sh -c 'echo run >> runs; exit 0'
    restart: "no"
    deploy: { restart_policy: { condition: any, delay: 50ms, max_attempts: 2 } }
`)
	s.must("up", "-d")
	s.eventually("it has been tried three times, and is over", func() bool {
		return strings.Count(s.read("runs"), "run") == 3 && s.ps()["web-1"].State == "exited"
	})
}
