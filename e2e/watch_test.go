package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// fileIn is what a file is in a container of a service, "(none)" if it is not there.
func (s *scenario) fileIn(service string, index int, path string) string {
	s.t.Helper()
	r := s.compose("exec", "-T", "--index", fmt.Sprint(index), service, "cat", path)
	if r.code != 0 {
		return "(none)"
	}
	return r.stdout
}

// becomes waits until a file is so in a container.
func (s *scenario) becomes(service string, index int, path, want string) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%s of %s-%d is %q", path, service, index, want), func() bool { return s.fileIn(service, index, path) == want })
}

// watching starts watch, and returns when it watches.
func (s *scenario) watching(args ...string) *foreground {
	s.t.Helper()
	f := s.background(append([]string{"watch"}, args...)...)
	f.shows("Watch enabled")
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("watch said\n%s", f.out.String())
		}
	})
	return f
}

// ends ends a watch, which says so and leaves the services alone.
func (f *foreground) ends() {
	f.s.t.Helper()
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 || !strings.Contains(f.out.String(), "Watch disabled") {
		f.s.t.Errorf("exit %d after Ctrl-C, want 130\n%s", code, f.out.String())
	}
}

// What changes reaches all replicas, and so does what goes; what is ignored, not
// included or was never here stays as it is there. Nothing is restarted.
func TestWatchSync(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    scale: 2
    stop_grace_period: 0s
    develop:
      watch:
        - {path: ./src, action: sync, target: /app, ignore: [tmp/, "*.log"]}
        - {path: ./only, action: sync, target: /only, include: "*.go"}
        - {path: ./one.conf, action: sync, target: /etc/one.conf}
`)
	s.busyboxRoot(imagetest.File{Name: "app/of-the-image", Text: "image"})
	s.write("src/a", "old")
	s.write("src/dir/sub/b", "old")
	s.write("only/x.go", "old")
	s.write("one.conf", "old")
	w := s.watching()
	pids := s.pids("web")
	s.write("src/a", "new")
	s.write("src/dir/sub/b", "new")
	s.write("src/tmp/ignored", "x")
	s.write("src/a.log", "x")
	s.write("only/x.go", "new")
	s.write("only/x.txt", "x")
	s.write("one.conf.tmp", "new")
	if err := os.Rename(filepath.Join(s.dir, "one.conf.tmp"), filepath.Join(s.dir, "one.conf")); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		for path, want := range map[string]string{"/app/a": "new", "/app/dir/sub/b": "new", "/only/x.go": "new", "/etc/one.conf": "new"} {
			s.becomes("web", n, path, want)
		}
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "src/dir")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(s.dir, "src/a"), filepath.Join(s.dir, "src/z")); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		s.becomes("web", n, "/app/z", "new")
		s.becomes("web", n, "/app/a", "(none)")
		if got := s.must("exec", "-T", "--index", fmt.Sprint(n), "web", "ls", "/app", "/only"); got != "/app:\nof-the-image\nz\n\n/only:\nx.go\n" {
			t.Errorf("replica %d has\n%s", n, got)
		}
	}
	if now := s.pids("web"); now != pids {
		t.Errorf("processes %s, before %s: something was restarted", now, pids)
	}
	w.ends()
	if s.pids("web") != pids {
		t.Error("the services did not go on after the watch")
	}
}

// pids are the processes of a service's containers.
func (s *scenario) pids(service string) string {
	s.t.Helper()
	var out []string
	for _, line := range strings.Split(s.must("top", service), "\n") {
		if f := strings.Fields(line); len(f) > 2 && strings.Contains(line, "sleep 1000") {
			out = append(out, f[1])
		}
	}
	return strings.Join(out, " ")
}
