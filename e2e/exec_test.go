package e2e

import (
	"strings"
	"testing"
)

func TestExec(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, environment: { KEPT: from-file } }\n")
	s.must("up", "-d")
	t.Run("exit code", func(t *testing.T) {
		s := s.in(t)
		for _, code := range []int{0, 1, 7, 255} {
			if r := s.compose("exec", "-T", "a", "sh", "-c", "exit "+itoa(code)); r.code != code {
				t.Errorf("exit %d, want %d: %s", r.code, code, r.stderr)
			}
		}
	})
	t.Run("not found", func(t *testing.T) {
		s := s.in(t)
		if r := s.compose("exec", "-T", "a", "no-such-program"); r.code != 127 || !strings.Contains(r.stderr, "no-such-program") {
			t.Errorf("exit %d, %s: want 127 and the name", r.code, r.stderr)
		}
	})
	t.Run("streams", func(t *testing.T) {
		s := s.in(t)
		r := s.composeWith("to standard input", "exec", "-T", "a", "sh", "-c", "cat; echo oops >&2")
		if r.stdout != "to standard input" || r.stderr != "oops\n" {
			t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
		}
	})
	t.Run("environment", func(t *testing.T) {
		s := s.in(t)
		if got := s.must("exec", "-T", "-e", "NEW=x", "a", "sh", "-c", "echo $KEPT $NEW"); got != "from-file x\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("directory", func(t *testing.T) {
		s := s.in(t)
		if got := s.must("exec", "-T", "-w", "/usr", "a", "pwd"); got != "/usr\n" {
			t.Errorf("got %q", got)
		}
		if got := s.must("exec", "-T", "a", "pwd"); got != s.dir+"\n" {
			t.Errorf("without -w: %q, want the project directory", got)
		}
	})
	t.Run("detached", func(t *testing.T) {
		s := s.in(t)
		s.must("exec", "-d", "a", "./probe", "write", "from-exec", "hello")
		s.eventually("the file is there", func() bool { return s.read("from-exec") == "hello" })
	})
	t.Run("same sandbox", func(t *testing.T) {
		s := s.in(t)
		a := s.must("exec", "-T", "a", "readlink", "/proc/1/ns/net", "/proc/self/ns/net", "/proc/1/ns/mnt", "/proc/self/ns/mnt")
		l := strings.Fields(a)
		if len(l) != 4 || l[0] != l[1] || l[2] != l[3] {
			t.Errorf("namespaces differ: %v", l)
		}
	})
	t.Run("not running", func(t *testing.T) {
		s := s.in(t)
		s.must("stop", "-t", "0", "a")
		s.fails(1, []string{"a"}, "exec", "-T", "a", "true")
	})
}

// exec has the same bounds as the service: no more rights, no more files.
func TestExecIsBounded(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.must("up", "-d")
	st := statusOf(s.must("exec", "-T", "a", "./probe", "status"))
	for key, want := range map[string]string{"CapBnd": "00000000a80425fb", "CapEff": "00000000a80425fb", "CapInh": "0000000000000000", "Seccomp": "2", "fds": "0 1 2"} {
		if st[key] != want {
			t.Errorf("%s: %q, want %q", key, st[key], want)
		}
	}
}
