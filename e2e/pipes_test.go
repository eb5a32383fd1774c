package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pipe makes a named pipe in the project's directory.
func (s *scenario) pipe(name string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil { // a command may be of another user than this test
		s.t.Fatal(err)
	}
	return path
}

// feed writes text into a pipe when somebody reads it.
func (s *scenario) feed(path, text string) {
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer w.Close()
		_, _ = w.WriteString(text) // who has read enough goes
	}()
}

// A .env, an env_file, a secret and the compose file itself may be pipes, that are written
// once for each command.
func TestPipesAreRead(t *testing.T) {
	file := "services: {a: {command: [sh, -c, 'echo $$A $$B $$(cat /run/secrets/s)'], environment: {A: $A}, env_file: own.env, secrets: [s]}}\nsecrets: {s: {file: secret}}\n"
	s := begin(t, file)
	env, own, secret, compose := s.pipe(".env"), s.pipe("own.env"), s.pipe("secret"), s.pipe("x.yaml")
	s.feed(env, "A=1\n")
	s.feed(own, "B=2\n")
	s.feed(secret, "3")
	s.feed(compose, file)
	if out := s.must("-f", "x.yaml", "run", "--rm", "-T", "a"); out != "1 2 3\n" {
		t.Errorf("it has %q, want what came out of the pipes", out)
	}
	s.feed(env, "A=1\n")
	s.feed(own, "B=2\n")
	if out := s.must("ps", "-aq"); out != "" {
		t.Errorf("ps: %q", out)
	}
}

// What nobody writes is waited for, and one Ctrl-C ends that, in every command that needs
// the files and at every stage: before the file is read, and while images are made ready.
func TestPipesEndAtCtrlC(t *testing.T) {
	s := begin(t, "services: {a: {command: sleep 1000, build: {context: ., dockerfile: Dockerfile}}}\n")
	env := s.pipe("env")
	s.pipe("Dockerfile")
	for _, line := range []string{
		"up", "up -d", "run a", "down", "build", "watch", "config", "plan", "create", "pull",
	} {
		f := s.background(append([]string{"--env-file", env}, strings.Fields(line)...)...)
		s.endsAtOnce(line, f)
	}
	for _, line := range []string{"build", "up --build", "up -d --build", "run --build a", "image load -i Dockerfile", "image import Dockerfile x"} {
		s.endsAtOnce(line, s.background(strings.Fields(line)...))
	}
	s.endsAtOnce("-f", s.background("-f", "Dockerfile", "up"))
}

// endsAtOnce: a command that waits ends at its first Ctrl-C.
func (s *scenario) endsAtOnce(what string, f *foreground) {
	s.t.Helper()
	time.Sleep(100 * time.Millisecond) // it waits by now, or will: both must end
	f.kill(syscall.SIGINT)
	select {
	case code := <-f.end:
		if code != 130 && code != -1 { // -1: the signal itself ended it
			s.t.Errorf("%s: exit %d, want 130\n%s", what, code, f.out.String())
		}
	case <-time.After(patience):
		f.kill(syscall.SIGKILL)
		s.t.Errorf("%s: it still waits\n%s", what, f.out.String())
	}
}
