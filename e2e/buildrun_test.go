package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A RUN reaches what the host reaches, by name too, and the host's network if it is told so.
func TestBuildReachesOut(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	if !w.plain {
		t.Skip("the image needs a range of ids")
	}
	s := w.begin(t, `
services:
  out: {build: {context: ., extra_hosts: ["there.test=`+w.ip("echo4")+`"]}}
  host: {build: {context: ., network: host}}
  none: {build: {context: ., network: none}}
`)
	s.withBusybox(".")
	ip, port, _ := strings.Cut(w.addr("echo4"), ":")
	run := func(names ...string) string {
		file := busyboxBase + "FROM base\n"
		for i, name := range names {
			file += fmt.Sprintf("RUN echo %d; timeout 5 nc %s %s </dev/null | head -n1\n", i, name, port)
		}
		return file
	}
	s.write("Dockerfile", run(ip, "echo.example", "there.test"))
	if res := s.compose("--progress", "plain", "build", "out"); res.code != 0 || strings.Count(res.stderr+res.stdout, "peer 198.51.100.2:") != 3 {
		t.Errorf("build: exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	s.write("Dockerfile", run(ip))
	if res := s.compose("--progress", "plain", "build", "host"); res.code != 0 || !strings.Contains(res.stderr+res.stdout, "peer 198.51.100.2:") {
		t.Errorf("in the host's network: exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	if res := s.compose("--progress", "plain", "build", "none"); res.code != 0 || strings.Contains(res.stderr+res.stdout, "peer ") {
		t.Errorf("without a network: exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
}

// A build that is interrupted or killed ends at once, with all that runs in it, and the
// next one is as if it had not been.
func TestBuildEndsAtOnce(t *testing.T) {
	requireIDs(t)
	s := begin(t, "services: {web: {build: .}}")
	s.withBusybox(".")
	long := fmt.Sprint(1_000_000 + os.Getpid()) // seconds that nobody else sleeps
	wait := `trap "" INT TERM HUP; (trap "" INT TERM HUP; setsid sleep ` + long + `) & echo it runs; while :; do sleep 1; done`
	s.write("Dockerfile", busyboxBase+"FROM base\nRUN "+wait+"\n")
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		f := s.background("--progress", "plain", "build")
		f.shows(" it runs\n")
		s.eventually("it sleeps", func() bool { return sleeps(long) })
		f.kill(sig)
		if code := f.code(); sig == syscall.SIGINT && code != 130 {
			t.Errorf("exit %d after Ctrl-C, want 130\n%s", code, f.out.String())
		}
		s.eventually(fmt.Sprintf("nothing runs after %v", sig), func() bool { return !sleeps(long) })
	}
	s.write("Dockerfile", busyboxBase+"FROM base\nRUN echo done\n")
	s.must("build")
	if left, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "tmp-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// sleeps tells whether somebody sleeps for that many seconds.
func sleeps(seconds string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, line := range lines {
		if b, err := os.ReadFile(line); err == nil && strings.HasSuffix(string(b), "sleep\x00"+seconds+"\x00") {
			return true
		}
	}
	return false
}
