package e2e

import (
	"strings"
	"testing"
)

// TestComposeVariables: the variables of docker compose count when .env sets them, as they
// do with docker compose: for progress, orphans and names; flags and the environment win.
func TestComposeVariables(t *testing.T) {
	const two = "services:\n  web: {command: sleep infinity}\n  old: {command: sleep infinity}\n"
	s := begin(t, two)
	s.write(".env", "COMPOSE_PROGRESS=json\nCOMPOSE_STATUS_STDOUT=1\nCOMPOSE_IGNORE_ORPHANS=true\n")
	r := s.compose("up", "-d")
	if r.code != 0 || !strings.Contains(r.stdout, `"text":"Started"`) || r.stderr != "" {
		t.Fatalf("COMPOSE_PROGRESS and COMPOSE_STATUS_STDOUT: exit %d\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
	}
	s.write("compose.yaml", "services:\n  web: {command: sleep infinity}\n")
	if r := s.compose("--progress", "plain", "up", "-d"); r.code != 0 || strings.Contains(r.stdout+r.stderr, "orphan") || !strings.Contains(r.stdout, "Running") {
		t.Errorf("COMPOSE_IGNORE_ORPHANS, and a flag over a variable: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	s.fails(1, []string{"cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans"}, "up", "-d", "--remove-orphans")
	s.write(".env", "COMPOSE_REMOVE_ORPHANS=true\n")
	s.env = append(s.env, "COMPOSE_REMOVE_ORPHANS=false")
	if r := s.compose("up", "-d"); !strings.Contains(r.stderr, "Found orphan containers") {
		t.Errorf("the environment does not win over .env:\n%s", r.stderr)
	}
	s.env = s.env[:len(s.env)-1]
	s.must("up", "-d")
	if names := s.must("ps", "-a", "--orphans", "--services"); strings.TrimSpace(names) != "web" {
		t.Errorf("COMPOSE_REMOVE_ORPHANS: there are %q", names)
	}
}
