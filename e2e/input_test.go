package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Bad input must be refused with file, line, reason and remedy, before anything
// is started.
func TestBadInput(t *testing.T) {
	bomb := "x-a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i, last := 'b', 'a'; i < 'k'; i, last = i+1, i {
		bomb += "x-" + string(i) + ": &" + string(i) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(last)+",", 9), ",") + "]\n"
	}
	for _, c := range []struct {
		name, file string
		words      []string
	}{
		{"unknown key", "services:\n  a:\n    command: 'true'\n    comand: x\n", []string{"compose.yaml", "comand", "4"}},
		{"cycle", "services:\n  a: { command: 'true', depends_on: [b] }\n  b: { command: 'true', depends_on: [a] }\n", []string{"compose.yaml", "a -> b -> a"}},
		{"missing dependency", "services:\n  a: { command: 'true', depends_on: [nobody] }\n", []string{"nobody"}},
		{"missing bind source", "services:\n  a:\n    command: 'true'\n    volumes:\n      - { type: bind, source: ./not-there, target: /x }\n", []string{"not-there"}},
		{"bad port", "services:\n  a:\n    command: 'true'\n    ports: ['99999:80']\n", []string{"99999"}},
		{"undefined variable", "services:\n  a:\n    command: echo ${NOT_SET:?say what to echo}\n", []string{"NOT_SET", "say what to echo"}},
		{"not yaml", "services:\n  a:\n   command: 'true'\n  : [\n", []string{"compose.yaml"}},
		{"bomb", bomb + "services:\n  a: { command: 'true' }\n", []string{"compose.yaml"}},
		{"wrong type", "services:\n  a:\n    command: 'true'\n    restart: [1]\n", []string{"restart"}},
		{"missing rootfs", "services:\n  a: { image: 'rootfs:./nowhere.tar' }\n", []string{"nowhere.tar"}},
		{"image of a registry", "services:\n  a: { image: 'nginx:1.27' }\n", []string{"nginx:1.27", "image load"}},
		{"unknown network", "services:\n  a: { command: 'true', networks: [lost] }\n", []string{"lost"}},
		{"unknown volume", "services:\n  a: { command: 'true', volumes: ['lost:/x'] }\n", []string{"lost"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, c.file)
			r := s.compose("up", "-d")
			if r.code == 0 {
				t.Fatalf("accepted:\n%s", r.stderr)
			}
			for _, w := range c.words {
				if !strings.Contains(r.stderr, w) {
					t.Errorf("the message lacks %q:\n%s", w, r.stderr)
				}
			}
			if strings.Contains(r.stderr, "panic") || strings.Contains(r.stderr, "goroutine ") {
				t.Errorf("a stack instead of a message:\n%s", head(r.stderr))
			}
			if _, err := os.Lstat(s.dirs.ProjectRun(s.project)); err == nil {
				if left := s.ps(); len(left) > 0 {
					t.Errorf("started: %v", left)
				}
			}
		})
	}
}

// A file that cannot be read, or is not there, is said so by name.
func TestUnreadableFile(t *testing.T) {
	s := begin(t, "services:\n  a: { command: 'true' }\n")
	if err := os.Chmod(filepath.Join(s.dir, "compose.yaml"), 0); err != nil {
		t.Fatal(err)
	}
	s.fails(1, []string{"compose.yaml", "permission denied"}, "up", "-d")
	s.fails(1, []string{"other.yaml"}, "-f", "other.yaml", "up", "-d")
	if err := os.Remove(filepath.Join(s.dir, "compose.yaml")); err != nil {
		t.Fatal(err)
	}
	if r := s.compose("up", "-d"); r.code == 0 || !strings.Contains(r.stderr, "compose.yaml") {
		t.Errorf("without a file: exit %d: %s", r.code, r.stderr)
	}
}

// A command that does not exist is an error of that container; nothing runs.
func TestCommandNotFound(t *testing.T) {
	s := begin(t, "services:\n  a: { command: no-such-program }\n")
	if r := s.compose("up", "-d"); r.code == 0 || !strings.Contains(r.stderr, "no-such-program") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}

// A published port below the limit for plain users names the setting.
func TestLowPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:81")
	if err == nil {
		l.Close()
		t.Skip("this user may bind port 81")
	}
	s := begin(t, "services:\n  a: { command: ./probe pause, ports: ['127.0.0.1:81:80'] }\n")
	s.fails(1, []string{"81", "ip_unprivileged_port_start"}, "up", "-d")
}

// Keys that are not honoured are said, one line each, and the rest works.
func TestNotices(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, mem_swappiness: 5 }\n")
	r := s.compose("up", "-d")
	if r.code != 0 || strings.Count(r.stderr, "mem_swappiness") != 1 {
		t.Errorf("exit %d; want one line on mem_swappiness:\n%s", r.code, r.stderr)
	}
}
