package worker_test

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// A step has no file, no socket and no variable of ours, whatever is mounted for it.
func TestNothingInherited(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	t.Setenv("MOCKER_TEST_LEAK", "of the client")
	dir := openDir(t, t.TempDir())
	with := func(j *build.RunJob) {
		j.Run.Mounts = []build.Mount{
			{Type: "bind", Target: "/b", ReadOnly: true}, {Type: "cache", ID: "x", Target: "/c"}, {Type: "tmpfs", Target: "/t"},
			{Type: "secret", ID: "s", Target: "/run/secrets/s"},
		}
		j.Mounts = []build.Mounted{{Dir: dir}, {}, {}, {Secret: []byte("hush")}}
		j.Run.Files = []build.File{{Name: "EOF", Data: "text"}}
	}
	for _, c := range []struct{ name, script, want string }{
		// No pipe beside it: the shell has both ends of one until it has started the second program.
		{"files", "ls /proc/$$/fd; :", "0\n1\n2"},
		{"variables", "env | cut -d= -f1 | sort | tr '\\n' ' '", "HOME PATH PWD SHLVL"},
		{"sockets", "grep -vc '^Num' /proc/net/unix", "0"},
		{"others", "set -- /proc/[0-9]*; echo $#; ls -l /proc/1/exe | grep -c busybox || ls -l /proc/1/exe", "1\n1"},
		{"mounts", "grep -c -e" + s.dirs.Run + " /proc/self/mounts", "0"},
		{"secret", "stat -c '%a %u' /run/secrets/s; (echo x >/run/secrets/s) 2>/dev/null || echo ro", "400 0\nro"},
	} {
		_, out, _ := s.run(c.script, with)
		if strings.TrimSpace(out) != c.want {
			t.Errorf("%s: %q, want %q", c.name, out, c.want)
		}
	}
	l, _ := s.must("cat /run/secrets/s >/dev/null; echo x >/made", with)
	if names := s.layerOf(l); names != "made" {
		t.Errorf("the layer has %q", names)
	}
}
