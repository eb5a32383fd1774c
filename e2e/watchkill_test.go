package e2e

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A watch and its supervisor may be killed at any moment of a copy. Files in the container
// are old or new, never half; the next copy brings all of it, and nothing is left beside.
func TestWatchKilledInACopy(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    stop_grace_period: 0s
    develop: {watch: [{path: ./src, action: sync, target: /app}]}
`)
	s.busyboxRoot()
	s.write("src/d/big", "old")
	w := s.watching("watch")
	const size = 30 << 20
	for n := range 4 {
		s.write("src/d/big", strings.Repeat(string(rune('a'+n)), size))
		time.Sleep(time.Duration(50+rand.IntN(200)) * time.Millisecond) // somewhere in the copy
		if pid, err := listenerPID(s.dirs.APISocket(s.project)); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may just be gone
		}
		if n == 1 {
			w.kill(syscall.SIGKILL)
			w.code()
			w = s.watching("watch", "--no-up")
		}
		// The first byte repeated to the end, or what was there before.
		s.must("exec", "-T", "web", "sh", "-c", `test ! -e /app/d/big || test "$(tr -d "$(head -c1 /app/d/big)" </app/d/big | wc -c)" = 0`)
	}
	s.write("src/d/small", "new")
	s.becomes("web", 1, "/app/d/small", "new")
	s.eventually("the big file is the last one", func() bool {
		return s.must("exec", "-T", "web", "sh", "-c", `wc -c </app/d/big; head -c1 /app/d/big`) == "31457280\nd"
	})
	if left := s.must("exec", "-T", "web", "find", "/app", "-name", ".*"); left != "" {
		t.Errorf("left in the container: %s", left)
	}
	w.ends()
}
