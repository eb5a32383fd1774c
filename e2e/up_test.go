package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The main job: three services come up in order, find each other, answer at a
// published port, one crashes and returns, and the end leaves nothing.
func TestUpToDown(t *testing.T) {
	s := begin(t, "")
	r := s.compose("up", "-d", "--wait")
	if r.code != 0 {
		t.Fatalf("up: exit %d\n%s", r.code, r.stderr)
	}
	for name, want := range map[string]string{"store-1": "healthy", "api-1": "healthy", "web-1": ""} {
		if c := s.ps()[name]; c.State != "running" || c.Health != want {
			t.Errorf("%s is %s, health %q, want running, %q", name, c.State, c.Health, want)
		}
	}
	port := s.port("web-1")
	s.eventually("web, whose health nobody checks, answers", func() bool { return get(port, "/") != "" })
	if got := get(port, "/get?url=http://api:8000/get?url=http://store:7000/"); got == "" {
		t.Error("web does not reach the store by way of the api")
	}
	get(port, "/get?url=http://api:8000/exit/3")
	s.eventually("the api runs again", func() bool { return get(port, "/get?url=http://api:8000/") != "" })
	s.eventually("the api's log has one line of each run", func() bool { return len(s.logLines("api")) == 2 })
	for _, c := range []string{"store-1", "api-1", "web-1"} {
		for _, status := range []string{"Created", "Started"} {
			if line := fmt.Sprintf(" Container %s-%s  %s\n", s.project, c, status); !strings.Contains(r.stderr, line) {
				t.Errorf("the progress lacks %q:\n%s", line, r.stderr)
			}
		}
	}
	s.must("down")
	if left := s.ps(); len(left) != 0 {
		t.Errorf("after down: %v", left)
	}
	if get(port, "/") != "" {
		t.Error("the published port still answers")
	}
	for _, dir := range []string{s.dirs.ProjectRun(s.project), s.dirs.ProjectData(s.project)} {
		if _, err := os.Lstat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	}
}

// A second up must change nothing; a changed service alone must be replaced.
func TestUpConverges(t *testing.T) {
	file := func(arg string) string {
		return "services:\n  a: { command: ./probe pause }\n  b: { command: ./probe pause " + arg + " }\n"
	}
	s := begin(t, file("one"))
	s.must("up", "-d")
	first := s.ps()
	ids := func() (string, string) { now := s.ps(); return now["a-1"].ID, now["b-1"].ID }
	s.must("up", "-d")
	if a, b := ids(); a != first["a-1"].ID || b != first["b-1"].ID {
		t.Error("an up without a change replaced a container")
	}
	s.write("compose.yaml", file("two"))
	s.must("up", "-d", "--no-recreate")
	if a, b := ids(); a != first["a-1"].ID || b != first["b-1"].ID {
		t.Error("--no-recreate replaced a container")
	}
	s.must("up", "-d")
	a, b := ids()
	if a != first["a-1"].ID || b == first["b-1"].ID {
		t.Error("want b replaced and a kept")
	}
	s.must("up", "-d", "--force-recreate")
	if a2, b2 := ids(); a2 == a || b2 == b {
		t.Error("--force-recreate kept a container")
	}
}

// A service that left the file is an orphan: named, and removed when asked.
func TestOrphans(t *testing.T) {
	s := begin(t, "services:\n  stays: { command: ./probe pause }\n  goes: { command: ./probe pause }\n")
	s.must("up", "-d")
	s.write("compose.yaml", "services:\n  stays: { command: ./probe pause }\n")
	if r := s.compose("up", "-d"); r.code != 0 || !strings.Contains(r.stderr, "goes-1") {
		t.Errorf("up with an orphan: exit %d, does it name the orphan?\n%s", r.code, r.stderr)
	}
	if s.state("goes-1") != "running" {
		t.Error("the orphan was stopped unasked")
	}
	s.must("up", "-d", "--remove-orphans")
	if _, ok := s.ps()["goes-1"]; ok {
		t.Error("--remove-orphans left the orphan")
	}
}

// A renamed service takes the port and the container_name of its former self in the up
// that removes it.
func TestRenamedService(t *testing.T) {
	port := freePort(t)
	file := func(name string) string {
		return fmt.Sprintf("services:\n  %s: { command: ./probe trap, container_name: door-%d, ports: ['127.0.0.1:%d:80'] }\n", name, os.Getpid(), port)
	}
	s := begin(t, file("before"))
	s.must("up", "-d")
	s.write("compose.yaml", file("after"))
	s.must("up", "-d", "--remove-orphans")
	if ps := s.must("ps", "-a", "--format", "{{.Service}} {{.State}}"); ps != "after running\n" {
		t.Errorf("%s", ps)
	}
}

// A port that goes from one service to another is waited for until the first has ended.
func TestPortMoves(t *testing.T) {
	port := fmt.Sprintf("ports: ['127.0.0.1:%d:80']", freePort(t))
	const file = "services:\n  a: { command: \"sh -c 'trap \\\"sleep 0.5; exit\\\" TERM; while :; do sleep 0.1; done'\", %s }\n  b: { command: ./probe pause, %s }\n"
	s := begin(t, fmt.Sprintf(file, port, "scale: 1"))
	s.must("up", "-d")
	s.write("compose.yaml", fmt.Sprintf(file, "scale: 1", port))
	s.must("up", "-d")
	if ps := s.ps(); ps["a-1"].State != "running" || ps["b-1"].State != "running" || s.port("b-1") == 0 {
		t.Errorf("%+v", ps)
	}
}

// Two services may exchange their container_names.
func TestNamesAreExchanged(t *testing.T) {
	file := func(a, b string) string {
		return fmt.Sprintf("services:\n  a: { command: ./probe pause a, container_name: %s }\n  b: { command: ./probe pause b, container_name: %s }\n", a, b)
	}
	x, y := fmt.Sprintf("x-%d", os.Getpid()), fmt.Sprintf("y-%d", os.Getpid())
	s := begin(t, file(x, y))
	s.must("up", "-d")
	s.write("compose.yaml", file(y, x))
	s.must("up", "-d")
	if out := s.must("ps", "--format", "{{.Name}} {{.State}}", "a"); out != y+" running\n" {
		t.Errorf("a is %s", out)
	}
}

// Replicas are numbered, have their own state, and share a name.
func TestScale(t *testing.T) {
	s := begin(t, "services:\n  w: { command: ./probe serve :80, scale: 3 }\n  c: { command: ./probe pause }\n")
	s.must("up", "-d")
	if got := len(s.ps()); got != 4 {
		t.Fatalf("%d containers, want 4", got)
	}
	found := strings.Fields(s.must("exec", "-T", "c", "./probe", "lookup", "w"))
	if len(found) != 4 { // the name and three addresses
		t.Errorf("w is found at %v, want 3 addresses", found)
	}
	s.must("up", "-d", "--scale", "w=1")
	if all := s.ps(); len(all) != 2 || all["w-1"].State != "running" {
		t.Errorf("after --scale w=1: %v", all)
	}
}

// Overrides, the env file, include, extends and profiles are honoured.
func TestOverrideFiles(t *testing.T) {
	s := begin(t, "")
	s.must("up", "-d", "--wait")
	s.eventually("base has spoken", func() bool { return s.logged("base", "from-the-env-file 0") })
	s.eventually("included has spoken", func() bool { return s.logged("included", "inherited 0") })
	if _, ok := s.ps()["debug-1"]; ok {
		t.Error("a service of an inactive profile was started")
	}
	if out := s.must("config"); !strings.Contains(out, "FROM: override") {
		t.Errorf("config does not show the override:\n%s", out)
	}
	s.must("--profile", "debug", "up", "-d")
	s.eventually("debug has spoken", func() bool { return s.logged("debug", "debug 0") })
}

// --no-start creates; start starts.
func TestNoStart(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.must("up", "--no-start")
	if got := s.state("a-1"); got != "created" {
		t.Errorf("state %q after --no-start, want created", got)
	}
	s.must("start")
	if got := s.state("a-1"); got != "running" {
		t.Errorf("state %q after start, want running", got)
	}
}

// down -v after a plain down removes the volumes that the plain one has left.
func TestDownLaterWithVolumes(t *testing.T) {
	s := begin(t, "services:\n  a: { command: sh -c 'echo kept > /v/f', volumes: [\"vol:/v\"] }\nvolumes: { vol: {} }\n")
	s.must("up", "-d")
	s.eventually("a has written", func() bool { return s.state("a-1") == "exited" })
	s.must("down")
	volume := filepath.Join(s.dirs.Volumes(), s.project+"_vol")
	if b, err := os.ReadFile(filepath.Join(volume, "f")); err != nil || string(b) != "kept\n" {
		t.Fatalf("after down: %q %v", b, err)
	}
	s.must("down", "-v")
	if _, err := os.Lstat(volume); !os.IsNotExist(err) {
		t.Errorf("after down -v: %v", err)
	}
}
