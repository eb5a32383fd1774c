package e2e

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

const rollbackFile = `
services:
  web:
    command: sh -c 'echo "up $$V" >> order; trap "echo down $$V >> order; exit 0" TERM; test -f "broken$$V" && exit 3; while :; do sleep 0.05; done'
    environment: { V: "VERSION" }
    scale: 2
    secrets: [word]
    configs: [{ source: rules, target: /rules }]
    deploy:
      update_config: { parallelism: 2, monitor: 300ms, failure_action: rollback }
      rollback_config: { ROLLBACK }
secrets: { word: { environment: WORD } }
configs: { rules: { content: "rules of VERSION" } }
`

func rollback(version, config string) string {
	return strings.NewReplacer("VERSION", version, "ROLLBACK", config).Replace(rollbackFile)
}

// What a failed update has replaced comes back as rollback_config says, with the secrets and
// configs that it had, also when those of the file are others now.
func TestRollbackConfig(t *testing.T) {
	for _, c := range []struct{ name, config, names string }{
		{"one by one", "parallelism: 1, monitor: 200ms, delay: 50ms", "web-1 web-2"},
		{"start first", "parallelism: 1, order: start-first", "web-3 web-4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, rollback("1", c.config))
			s.write(".env", "WORD=old word\n")
			s.must("up", "-d")
			s.write("broken2", "")
			s.write("compose.yaml", rollback("2", c.config))
			s.write(".env", "WORD=new word\n")
			s.fails(1, []string{`update of service "web"`, "exit 3", "it was rolled back"}, "up", "-d")
			ps := s.ps()
			for _, name := range strings.Fields(c.names) {
				if ps[name].State != "running" || len(ps) != 2 {
					t.Fatalf("ps: %+v", ps)
				}
				number := strings.TrimPrefix(name, "web-")
				got := s.must("exec", "-T", "--index", number, "web", "sh", "-c", "cat /run/secrets/word /rules; printenv V")
				if want := "old wordrules of 11\n"; got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if err := os.Remove(s.dir + "/broken2"); err != nil {
				t.Fatal(err)
			}
			s.must("up", "-d")
			if got := s.must("exec", "-T", "web", "cat", "/run/secrets/word"); got != "new word" {
				t.Errorf("after the next up: %q", got)
			}
			s.keepsNot("old word")
		})
	}
}

// A roll-back whose containers fail too ends there, and says so.
func TestRollbackFails(t *testing.T) {
	s := begin(t, rollback("1", "parallelism: 1, monitor: 300ms"))
	s.write(".env", "WORD=word\n")
	s.must("up", "-d")
	s.write("broken1", "")
	s.write("broken2", "")
	s.write("compose.yaml", rollback("2", "parallelism: 1, monitor: 300ms"))
	s.fails(1, []string{`update of service "web"`, `roll back service "web"`, "it is paused", "0 of 2 groups have come back"}, "up", "-d")
	if order := strings.Count(s.read("order"), "up 1"); order != 3 {
		t.Errorf("%d starts of the old one: %s", order, s.read("order"))
	}
}

// Limits and networks of a service change while it runs, whether it has steps of pre_start
// or not: they are not done again, and are done under the new ones when that is due.
func TestPreStartInPlace(t *testing.T) {
	file := func(limit, networks string) string {
		return `
services:
  web:
    command: ./probe pause
    mem_limit: ` + limit + `
    networks: [` + networks + `]
    pre_start:
      - command: sh -c 'ls /sys/class/net | grep -c eth >> steps'
networks: { front: , back: }
`
	}
	s := begin(t, file("100m", "front"))
	s.must("up", "-d")
	id, steps := s.ps()["web-1"].ID, s.read("steps")
	s.write("compose.yaml", file("120m", "front, back"))
	s.must("up", "-d")
	if c := s.ps()["web-1"]; c.ID != id || c.State != "running" {
		t.Errorf("another container, or none: %+v", c)
	}
	if got := s.must("exec", "-T", "web", "sh", "-c", "ls /sys/class/net | grep -c eth"); got != "2\n" {
		t.Errorf("it is on %s networks", got)
	}
	if got := s.read("steps"); got != steps {
		t.Errorf("the step was done again: %q", got)
	}
	s.must("up", "-d", "--force-recreate")
	if got := s.read("steps"); got != steps+"2\n" {
		t.Errorf("steps: %q", got)
	}
}

// run carries out the steps of what it depends on, and not those of its own service: the
// container of a run is not the service's, as with docker compose.
func TestRunAndPreStart(t *testing.T) {
	s := begin(t, `
services:
  db:
    command: ./probe pause
    pre_start:
      - command: sh -c 'echo db >> steps'
  web:
    command: ./probe pause
    depends_on: [db]
    pre_start:
      - command: sh -c 'echo web >> steps'
`)
	if out := s.must("run", "--rm", "-T", "web", "sh", "-c", "cat steps"); out != "db\n" {
		t.Errorf("run: %q", out)
	}
	s.must("up", "-d")
	if got := s.read("steps"); got != "db\nweb\n" {
		t.Errorf("steps: %q", got)
	}
}

// A supervisor that dies in an update that is about to fail, or in its roll-back, takes
// nothing along: the up goes on, and in the end all is as it was.
func TestSupervisorDiesInRollback(t *testing.T) {
	for _, when := range []string{"up 2", "up 2 up 2 up 1"} {
		t.Run(when, func(t *testing.T) {
			config := "parallelism: 1, monitor: 400ms"
			file := func(version string) string {
				return strings.NewReplacer("parallelism: 2, monitor: 300ms", "parallelism: 1, monitor: 400ms, max_failure_ratio: 0.6").Replace(rollback(version, config))
			}
			s := begin(t, file("1"))
			s.write(".env", "WORD=old word\n")
			s.must("up", "-d")
			s.write("broken2", "")
			s.write("compose.yaml", file("2"))
			s.write(".env", "WORD=new word\n")
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			up := s.command(ctx, "up", "-d")
			said := &strings.Builder{}
			up.Stderr = said
			if err := up.Start(); err != nil {
				t.Fatal(err)
			}
			s.eventually(when, func() bool {
				order := strings.Join(slices.DeleteFunc(strings.Split(s.read("order"), "\n"), func(l string) bool { return !strings.HasPrefix(l, "up") }), " ")
				return strings.Contains(order, when)
			})
			s.killSupervisor()
			if err := up.Wait(); err == nil || !strings.Contains(said.String(), "it was rolled back") {
				t.Errorf("up: %v\n%s", err, said)
			}
			ps := s.ps()
			for _, number := range []string{"1", "2"} {
				if ps["web-"+number].State != "running" || len(ps) != 2 {
					t.Fatalf("ps: %+v", ps)
				}
				if got := s.must("exec", "-T", "--index", number, "web", "sh", "-c", "cat /run/secrets/word; printenv V"); got != "old word1\n" {
					t.Errorf("web-%s: %q", number, got)
				}
			}
		})
	}
}
