package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// beginExample makes a scenario of one of the examples.
func beginExample(t *testing.T, name string) *scenario {
	t.Helper()
	s := begin(t, "services: {}\n")
	if err := os.Remove(filepath.Join(s.dir, "compose.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(built.dir, "examples", name))); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestExampleOneShot(t *testing.T) {
	s := beginExample(t, "one-shot")
	s.must("up", "-d")
	s.eventually("the app has its schema", func() bool { return s.logged("app", "schema 1") })
	if c := s.ps()["migrate-1"]; c.State != "exited" || c.ExitCode != 0 {
		t.Errorf("migrate: %+v", c)
	}
}

func TestExampleTwoNetworks(t *testing.T) {
	s := beginExample(t, "two-networks")
	s.must("up", "-d")
	for service, want := range map[string][]string{
		"outer": {"inner is not known here", "back-door is not known here"},
		"inner": {"outer is not known here", "front-door is not known here"},
	} {
		for _, line := range want {
			s.eventually(service+": "+line, func() bool { return s.logged(service, line) })
		}
		s.eventually(service+" knows the gateway and itself", func() bool { return len(s.logLines(service)) == 4 })
	}
}

// The demo is the first thing anybody sees: it must end well and leave nothing.
func TestExampleDemo(t *testing.T) {
	s := beginExample(t, "demo")
	if err := os.MkdirAll(filepath.Join(s.dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(filepath.Join(s.dir, "bin/shop"), built.shop); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, built.tour, "-compose", built.compose, "-project", s.dir)
	cmd.Env = s.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("the tour: %v\n%s", err, out.String())
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("escape sequences in output that is no terminal")
	}
	if !strings.Contains(out.String(), "Left: 0 processes") {
		t.Errorf("the tour did not come to its end:\n%s", out.String())
	}
}

// The example with images that are built.
func TestExampleBuild(t *testing.T) {
	requireIDs(t)
	testns.RequireProgram(t, "busybox", "busybox-static")
	s := beginExample(t, "build")
	cmd := exec.CommandContext(t.Context(), "./get-busybox")
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("get-busybox: %v: %s", err, out)
	}
	s.must("up", "-d", "--wait")
	if got := get(s.port("web-1"), "/"); got != "hello from a build\nedit me, then: mocker-compose up -d --build\n" {
		t.Errorf("it says %q", got)
	}
	s.write("web/footer.html", "edited\n")
	s.must("up", "-d", "--build", "--wait")
	if got := get(s.port("web-1"), "/"); got != "hello from a build\nedited\n" {
		t.Errorf("built again it says %q", got)
	}
}

// The example with an image of the store.
func TestExampleImageImport(t *testing.T) {
	testns.RequireProgram(t, "busybox", "busybox-static")
	s := beginExample(t, "image-import")
	cmd := exec.CommandContext(t.Context(), "./make-image")
	cmd.Dir, cmd.Env = s.dir, append(s.env, "MOCKER_COMPOSE="+built.compose)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make-image: %v: %s", err, out)
	}
	s.must("up", "-d", "--wait")
	for _, name := range []string{"web-1", "web-2"} {
		if got := get(s.port(name), "/"); got != "hello from an image\n" {
			t.Errorf("%s says %q", name, got)
		}
	}
}
