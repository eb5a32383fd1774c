package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// wait prints how each container ended, and ends like the last.
func TestWait(t *testing.T) {
	s := begin(t, `services:
  a: { command: "sh -c 'while test ! -e go; do sleep 0.05; done; exit 3'" }
  b: { command: "sh -c 'while test ! -e go; do sleep 0.05; done; sleep 0.5; exit 4'" }
  c: { command: ./probe pause }
`)
	s.must("up", "-d")
	ids := s.ps()
	s.withPause("wait tells how both have ended", func(pause time.Duration) bool {
		s.must("up", "-d")
		f := s.background("wait", "a", "b")
		time.Sleep(pause) // it has asked
		s.write("go", "")
		code, told := f.code(), 0
		for name, code := range map[string]int{"a-1": 3, "b-1": 4} {
			want := fmt.Sprintf(`container "%s[0-9a-f]{52}" exited with status code %d\n`, ids[name].ID, code)
			if regexp.MustCompile(want).MatchString(f.out.String()) {
				told++
			}
		}
		if told == 2 && code != 4 {
			t.Errorf("exit %d, want that of the last", code)
		}
		s.eventually("both have ended", func() bool { return s.state("a-1") == "exited" && s.state("b-1") == "exited" })
		if err := os.Remove(filepath.Join(s.dir, "go")); err != nil {
			t.Fatal(err)
		}
		return told == 2
	})
	s.fails(1, []string{"no containers for project"}, "wait", "a")
	s.fails(1, []string{"no such service: nosuch"}, "wait", "nosuch")
	s.withPause("--down-project ends as c did", func(pause time.Duration) bool {
		s.must("start", "c")
		g := s.background("wait", "--down-project", "c")
		time.Sleep(pause)
		s.must("stop", "-t", "0", "c")
		return g.code() == 137
	})
	if got := s.must("ps", "-aq"); got != "" {
		t.Errorf("--down-project left %s", got)
	}
}

// rm removes what does not run, after a yes.
func TestRm(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe exit 0 }\n  b: { command: ./probe pause }\n  c: { command: ./probe exit 1 }\n")
	s.must("up", "-d")
	s.eventually("a and c have ended", func() bool { return s.state("a-1") == "exited" && s.state("c-1") == "exited" })
	say := fmt.Sprintf("Going to remove %[1]s-a-1, %[1]s-c-1\n", s.project)
	for _, no := range []string{"", "n\n", "\n"} {
		if r := s.composeWith(no, "rm"); r.code != 0 || !strings.HasPrefix(r.stdout, say+"Are you sure? [yN] ") {
			t.Errorf("answer %q: exit %d, %q", no, r.code, r.stdout)
		}
	}
	if s.state("a-1") != "exited" {
		t.Fatal("it was removed without a yes")
	}
	if r := s.composeWith("y\n", "rm", "a"); r.code != 0 || s.state("a-1") != "" || !strings.Contains(r.stderr, "a-1  Removed") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	if r := s.compose("rm", "-f"); r.code != 0 || r.stdout != fmt.Sprintf("Going to remove %s-c-1\n", s.project) || s.state("c-1") != "" {
		t.Errorf("-f: exit %d: %q", r.code, r.stdout)
	}
	if r := s.compose("rm", "-f"); r.code != 0 || !strings.Contains(r.stderr, "No stopped containers") || s.state("b-1") != "running" {
		t.Errorf("nothing to do: exit %d: %q", r.code, r.stderr)
	}
	if r := s.compose("rm", "-fs", "b"); r.code != 0 || s.state("b-1") != "" {
		t.Errorf("-s: exit %d: %q", r.code, r.stderr)
	}
	s.must("-p", s.project, "rm", "-f")
}

// create makes containers, start starts them.
func TestCreate(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, depends_on: [b] }\n  b: { command: ./probe pause }\n  c: { command: ./probe pause }\n")
	s.must("create", "--scale", "a=2", "a")
	for _, name := range []string{"a-1", "a-2", "b-1"} {
		if got := s.state(name); got != "created" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got := s.state("c-1"); got != "" {
		t.Errorf("c is %q", got)
	}
	id := s.ps()["a-1"].ID
	s.must("create", "a")
	if got := s.ps(); got["a-1"].ID != id || got["a-2"].ID != "" {
		t.Errorf("create again: %v", got)
	}
	s.must("create", "--force-recreate", "a")
	if got := s.ps()["a-1"].ID; got == id {
		t.Error("--force-recreate kept the container")
	}
	s.must("start", "a")
	if s.state("a-1") != "running" || s.state("b-1") != "running" {
		t.Errorf("start: %v", s.ps())
	}
	s.fails(1, []string{"incompatible"}, "create", "--force-recreate", "--no-recreate")
	s.fails(1, []string{"--build and --no-build are incompatible"}, "create", "--build", "--no-build")
}

// scale adds replicas behind the highest number and takes the highest away.
func TestScaleCommand(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, depends_on: [b] }\n  b: { command: ./probe pause }\n")
	s.must("scale", "a=3")
	s.wants("a-1", "a-2", "a-3", "b-1")
	s.must("rm", "-fs", "b")
	s.must("scale", "--no-deps", "a=2")
	s.wants("a-1", "a-2")
	s.must("up", "-d", "--scale", "a=4")
	s.wants("a-1", "a-2", "a-3", "a-4", "b-1")
	for index := 1; index <= 4; index++ {
		if got := strings.TrimSpace(s.must("exec", "-T", "--index", fmt.Sprint(index), "a", "hostname")); !strings.HasPrefix(s.ps()[fmt.Sprintf("a-%d", index)].ID, got) {
			t.Errorf("exec --index %d is in %s", index, got)
		}
	}
	s.fails(1, []string{`service "a" is not running container #5`}, "exec", "-T", "--index", "5", "a", "true")
	r := s.compose("up", "-d", "--scale", "a=2")
	if removed := regexp.MustCompile(`a-(\d)  Removed`).FindAllStringSubmatch(r.stderr, -1); len(removed) != 2 {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	s.wants("a-1", "a-2", "b-1")
	s.fails(1, []string{"invalid scale specifier: a"}, "scale", "a")
	s.fails(1, []string{"invalid scale specifier: can't parse replica value as int: a=x"}, "scale", "a=x")
	s.fails(1, []string{"no such service: x"}, "scale", "x=1")
}

// wants checks which containers run.
func (s *scenario) wants(names ...string) {
	s.t.Helper()
	var got []string
	for name, c := range s.ps() {
		if c.State == "running" {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, names) {
		s.t.Errorf("running are %v, want %v", got, names)
	}
}
