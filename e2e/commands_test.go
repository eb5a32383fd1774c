package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/rootless"
)

// Every command works by the project's name alone, from anywhere, without the
// file, while it runs and while it is stopped.
func TestByNameAlone(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe lines 3 0s a, restart: 'no' }\n  b: { command: ./probe trap }\n")
	s.must("up", "-d")
	s.eventually("b traps", func() bool { return s.logged("b", "trapping") })
	home := *s
	s.dir = t.TempDir()
	for _, args := range [][]string{
		{"ps"}, {"logs"}, {"exec", "-T", "b", "true"}, {"restart", "-t", "1", "b"}, {"stop"}, {"ps", "-a"}, {"logs", "a"}, {"start"}, {"kill", "b"}, {"down"},
	} {
		if r := s.compose(append([]string{"-p", s.project}, args...)...); r.code != 0 {
			t.Errorf("%q: exit %d: %s", args, r.code, r.stderr)
		}
	}
	s.dir = home.dir
}

// down of what is not there ends quietly.
func TestDownOfNothing(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	if r := s.compose("-p", "nobody-has-this", "down"); r.code != 0 {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	s.must("down")
	s.must("down")
	// Nor does it leave what a supervisor has that was killed at its beginning.
	left := s.dirs.ProjectData("left-over")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rootless.SupervisorLog(s.dirs, "left-over"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("-p", "left-over", "down")
	if exists(left) {
		t.Errorf("%s is left", left)
	}
}

// ps filters, and prints what scripts read.
func TestPS(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  b: { command: ./probe exit 3 }\n")
	s.must("up", "-d")
	s.eventually("b has ended", func() bool { return s.state("b-1") == "exited" })
	if got := s.must("ps", "--services"); got != "a\n" && got != "a\nb\n" {
		t.Errorf("services: %q", got)
	}
	if got := strings.Fields(s.must("ps", "-q")); len(got) != 1 || len(got[0]) != 64 {
		t.Errorf("ids: %v, want one of 64 digits", got)
	}
	if got := strings.Fields(s.must("ps", "-aq")); len(got) != 2 {
		t.Errorf("all ids: %v, want two", got)
	}
	table := s.must("ps", "-a")
	for _, want := range []string{"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS", s.project + "-a-1", "Up ", "Exited (3)"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	for _, args := range [][]string{{"--status", "exited"}, {"--filter", "status=exited"}} {
		if out := s.must(append([]string{"ps", "-a", "--format", "json"}, args...)...); strings.Count(out, "\n") != 1 || !strings.Contains(out, s.project+"-b-1") {
			t.Errorf("%v: %s", args, out)
		}
	}
}

// ls lists the projects of the user, with JSON as docker compose has it.
func TestLs(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  b: { command: ./probe pause }\n")
	s.must("up", "-d")
	var projects []struct{ Name, Status, ConfigFiles string }
	decodeJSON(t, s.must("ls", "--format", "json"), &projects)
	if len(projects) != 1 || projects[0].Name != s.project || projects[0].Status != "running(2)" || projects[0].ConfigFiles != filepath.Join(s.dir, "compose.yaml") {
		t.Errorf("ls: %+v", projects)
	}
	if got := s.must("ls", "-q"); got != s.project+"\n" {
		t.Errorf("ls -q: %q", got)
	}
	s.must("stop", "-t", "0")
	if got := s.must("ls", "-q"); got != "" {
		t.Errorf("ls -q of a stopped project: %q", got)
	}
	if got := s.must("ls", "-a", "-q"); got != s.project+"\n" {
		t.Errorf("ls -a -q: %q", got)
	}
}

func TestConfig(t *testing.T) {
	s := begin(t, "services:\n  b: { command: ./probe pause, ports: ['8080:80'] }\n  a: { command: ./probe pause, networks: [n] }\nnetworks: { n: {} }\nvolumes: { v: {} }\n")
	if got := s.must("config", "-q"); got != "" {
		t.Errorf("-q prints %q", got)
	}
	if got := s.must("config", "--services"); got != "a\nb\n" && got != "b\na\n" {
		t.Errorf("services %q", got)
	}
	var project struct {
		Name     string
		Services map[string]any
	}
	decodeJSON(t, s.must("config", "--format", "json"), &project)
	if project.Name != s.project || len(project.Services) != 2 {
		t.Errorf("config: %+v", project)
	}
	table := s.must("config", "--support")
	for _, fate := range []string{"honoured", "degraded", "ignored", "refused"} {
		if !strings.Contains(table, fate) {
			t.Errorf("the support table has no key that is %s", fate)
		}
	}
}

func TestVersion(t *testing.T) {
	s := begin(t, "services: {}\n")
	if got := s.must("version", "--short"); strings.TrimSpace(got) == "" {
		t.Error("no version")
	}
	var v struct{ Version string }
	decodeJSON(t, s.must("version", "--format", "json"), &v)
	if v.Version == "" {
		t.Error("no version in JSON")
	}
}

// Where state is kept does not need HOME or XDG_RUNTIME_DIR.
func TestWithoutHome(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	var env []string
	for _, e := range s.env {
		if !strings.HasPrefix(e, "HOME=") && !strings.HasPrefix(e, "MOCKER_RUNTIME_DIR=") {
			env = append(env, e)
		}
	}
	full := s.env
	tmp := filepath.Join(filepath.Dir(s.dir), "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = append(env, "TMPDIR="+tmp)
	s.must("up", "-d")
	if got := s.state("a-1"); got != "running" {
		t.Errorf("a is %q", got)
	}
	s.must("down", "-t", "0")
	s.env = full
}

// A wrong flag or command is named, and the exit code is not 0.
func TestUsageErrors(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	for _, args := range [][]string{{"up", "--no-such-flag"}, {"no-such-command"}, {"logs", "--tail", "many"}, {"exec"}, {"up", "nobody"}} {
		r := s.compose(args...)
		if r.code == 0 || strings.TrimSpace(r.stderr) == "" {
			t.Errorf("%q: exit %d: %s", args, r.code, r.stderr)
		}
	}
	if _, err := os.Lstat(s.dirs.ProjectRun(s.project)); err == nil {
		t.Error("a wrong command left a run directory")
	}
}
