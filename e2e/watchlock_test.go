package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// A project has one watch at a time, and whoever comes second is told which process it is,
// before anything is built or started. kill -9 leaves nothing that is in the way of the next.
func TestWatchOnce(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    stop_grace_period: 0s
    develop: {watch: [{path: ./src, action: sync, target: /app}]}
  other:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    stop_grace_period: 0s
`)
	s.busyboxRoot()
	s.write("src/a", "old")
	first := s.watching("watch", "web")
	said := fmt.Sprintf("cannot take exclusive lock for project %q: process with PID ", s.project)
	for _, args := range [][]string{{"watch", "--no-up"}, {"watch"}, {"up", "--watch"}} {
		r := s.fails(1, []string{said, "is still running", "kill -INT"}, args...)
		pid := regexp.MustCompile(`PID (\d+)`).FindStringSubmatch(r)[1]
		if b, err := os.ReadFile("/proc/" + pid + "/cmdline"); err != nil || !strings.HasSuffix(string(b), "\x00watch\x00web\x00") {
			t.Errorf("%v: process %s is %q, %v; want the first watch", args, pid, b, err)
		}
	}
	if ps := s.must("ps", "-aq", "other"); ps != "" {
		t.Errorf("a watch that was refused has started something: %s", ps)
	}
	first.kill(syscall.SIGKILL)
	first.code()
	w := s.watching("watch", "--no-up")
	s.write("src/a", "new")
	s.becomes("web", 1, "/app/a", "new")
	w.ends()
}
