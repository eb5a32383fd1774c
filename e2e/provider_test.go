package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// providing is a program of the protocol that keeps a directory for what it provides,
// and writes down how it was called.
const providing = `#!/bin/sh
echo "$*" >>calls
[ "$2" = metadata ] && { [ -e metadata ] && cat metadata; exit; }
case $3 in
up)
	[ -e broken ] && { echo '{"type":"info","message":"asking"}{"type":"error","message":"quota exceeded"}'; sleep 60; exit; }
	[ -e mute ] && { echo "usage: no" >&2; exit 3; }
	[ -e slow ] && { trap 'echo ended >>calls; exit 1' TERM; echo '{"type":"info","message":"wait"}'; touch traps; sleep 60 & wait; exit; }
	mkdir -p made
	echo '{"type":"info","message":"pulling 25%"}'
	echo '{"type":"debug","message":"inner"}'
	echo '{"type":"setenv","message":"URL=http://db.example:1234"}{"type":"rawsetenv","message":"KEY=given"}' ;;
down) rm -rf made ;;
esac
`

const provided = `
services:
  db:
    provider: {type: ./provide, options: {type: mysql, size: 5, tag: [a, b]}}
  web:
    command: sleep infinity
    environment: {KEY: own, OTHER: stays}
    depends_on: [db]
  apart:
    command: sleep infinity
`

// providedBy makes the scenario, with the program in its directory.
func providedBy(t *testing.T) *scenario {
	t.Helper()
	s := begin(t, provided)
	s.write("provide", providing)
	if err := os.Chmod(filepath.Join(s.dir, "provide"), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProvider: what a program provides is there before the services that need it,
// its variables are theirs and nobody else's, a second up changes nothing, other
// variables replace the container, and down lets the program remove it.
func TestProvider(t *testing.T) {
	s := providedBy(t)
	said := s.compose("up", "-d")
	if _, err := os.Stat(filepath.Join(s.dir, "made")); said.code != 0 || err != nil {
		t.Fatalf("up: exit %d, %v\n%s", said.code, err, said.stderr)
	}
	up := "compose --project-name=" + s.project + " up --size=5 --tag=a --tag=b --type=mysql db\n"
	if got := s.read("calls"); got != "compose metadata\n"+up {
		t.Errorf("called as\n%s", got)
	}
	for _, want := range []string{"db  Creating", "db  pulling 25%", "db  Created", `provider "db" overrides environment variable "KEY" in service "web"`} {
		if !strings.Contains(strings.ReplaceAll(said.stderr, "db ", "db  "), want) && !strings.Contains(said.stderr, want) {
			t.Errorf("up does not say %q:\n%s", want, said.stderr)
		}
	}
	if strings.Contains(said.stderr, "inner") {
		t.Errorf("a message for debugging is shown:\n%s", said.stderr)
	}
	env := s.must("exec", "-T", "web", "/usr/bin/env")
	for _, want := range []string{"DB_URL=http://db.example:1234\n", "KEY=given\n", "OTHER=stays\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("web has not %q:\n%s", want, env)
		}
	}
	if env := s.must("exec", "-T", "apart", "/usr/bin/env"); strings.Contains(env, "DB_URL") {
		t.Errorf("a service that does not depend on it has its variables:\n%s", env)
	}
	ids := s.must("ps", "-q")
	s.must("up", "-d")
	if again := s.must("ps", "-q"); again != ids {
		t.Errorf("a second up replaced containers: %s, then %s", ids, again)
	}
	if names := s.must("ps", "--services"); strings.Contains(names, "db") {
		t.Errorf("ps shows a service that has no container: %s", names)
	}
	s.write("provide", strings.Replace(providing, "db.example:1234", "db.example:99", 1))
	s.must("up", "-d")
	if env := s.must("exec", "-T", "web", "/usr/bin/env"); !strings.Contains(env, "DB_URL=http://db.example:99\n") {
		t.Errorf("web has the variables of before:\n%s", env)
	}
	s.must("stop", "-t", "0")
	if _, err := os.Stat(filepath.Join(s.dir, "made")); err != nil {
		t.Error("stop removed what is provided: the program has not said that it can stop")
	}
	s.must("down", "-t", "0")
	if _, err := os.Stat(filepath.Join(s.dir, "made")); err == nil {
		t.Error("down left what was provided")
	}
}

// TestProviderMetadata: a program that says what it accepts gets nothing else, what it
// must have is asked for, and it is stopped if it can be. down without the files still
// knows the provider.
func TestProviderMetadata(t *testing.T) {
	s := providedBy(t)
	s.write("metadata", `{"description": "d", "up": {"parameters": [{"name": "type", "required": true}, {"name": "region", "required": true}]}, "down": {}, "stop": {}}`)
	s.fails(1, []string{`required parameter "region" is missing from provider "./provide" definition`}, "up", "-d")
	if out := s.must("ps", "-aq"); out != "" {
		t.Errorf("there are containers: %s", out)
	}
	s.write("metadata", `{"description": "d", "up": {"parameters": [{"name": "type", "required": true}]}, "down": {}, "stop": {"parameters": [{"name": "size"}]}}`)
	s.must("up", "-d", "web")
	s.must("stop", "-t", "0")
	s.must("-p", s.project, "down", "-t", "0")
	var verbs []string
	for line := range strings.Lines(s.read("calls")) {
		if line = strings.TrimSpace(strings.TrimPrefix(line, "compose --project-name="+s.project)); line != "compose metadata" {
			verbs = append(verbs, line)
		}
	}
	if got, want := strings.Join(verbs, "; "), "up --type=mysql db; stop --size=5 db; down db"; got != want {
		t.Errorf("called as %q, want %q", got, want)
	}
}

// TestProviderFails: what a program tells as an error, or ends with, or is not there,
// is told, with what it wrote to its error output, and no container is made.
func TestProviderFails(t *testing.T) {
	s := providedBy(t)
	s.write("broken", "")
	s.fails(1, []string{"failed to create service provider: quota exceeded"}, "up", "-d")
	os.Remove(filepath.Join(s.dir, "broken"))
	s.write("mute", "")
	s.fails(1, []string{"failed to create service provider: exit status 3: usage: no"}, "up", "-d")
	if err := os.Remove(filepath.Join(s.dir, "provide")); err != nil {
		t.Fatal(err)
	}
	s.fails(1, []string{"service db, provider ./provide: there is no program ./provide that you may execute: "}, "up", "-d")
	s.write("compose.yaml", strings.Replace(provided, "./provide", "nocloud", 1))
	s.fails(1, []string{"there is no program for it: put docker-nocloud into ", "/cli-plugins, or nocloud into a directory of PATH"}, "up", "-d")
	if out := s.must("ps", "-aq"); out != "" {
		t.Errorf("there are containers: %s", out)
	}
	s.must("up", "-d", "--no-deps", "web")
	s.write("compose.yaml", strings.Replace(provided, "./provide", "/bin/true", 1))
}

// TestProviderInterrupted: Ctrl-C while a program works ends it, and the command with
// 130; nothing was begun.
func TestProviderInterrupted(t *testing.T) {
	s := providedBy(t)
	s.write("slow", "")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := s.command(ctx, "up")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("the program works, and has set its trap", func() bool { return exists(filepath.Join(s.dir, "traps")) })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit %d, want 130", code)
	}
	if !strings.HasSuffix(s.read("calls"), "ended\n") {
		t.Errorf("the program was not asked to end:\n%s", s.read("calls"))
	}
	if out := s.must("ps", "-aq"); out != "" {
		t.Errorf("there are containers: %s", out)
	}
}
