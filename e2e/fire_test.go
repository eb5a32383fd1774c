package e2e

import (
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Containers are restarted, killed and paused while commands and health checks are born
// in them, and supervisors die meanwhile: whatever meets whatever, each run ends, each
// command does, and all of it runs in the end.
func TestRestartsUnderFire(t *testing.T) {
	s := begin(t, `
x-checked: &checked
  stop_grace_period: 0s
  healthcheck: { test: [CMD, "true"], interval: 100ms, retries: 100000 }
services:
  one: { <<: *checked, command: sleep 100000 }
  two: { <<: *checked, command: ./probe family }
  shares: { <<: *checked, command: ./probe pause guest, pid: "service:one", depends_on: [one] }
  flap: { <<: *checked, command: sh -c 'sleep 0.3; exit 3', restart: always }
`)
	s.must("up", "-d")
	stop := make(chan struct{})
	var all sync.WaitGroup
	commands := func(list ...[]string) {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				args := list[n%len(list)]
				r := s.plain(args...) // it may be refused, as in a container that is not there
				if r.hangs || strings.Contains(r.stderr, "has not ended") {
					t.Errorf("%q: exit %d, it hangs: %v\n%s", args, r.code, r.hangs, r.stderr)
				}
			}
		})
	}
	commands([]string{"exec", "-T", "one", "true"}, []string{"exec", "-T", "two", "true"}, []string{"exec", "-T", "shares", "true"})
	commands([]string{"exec", "-d", "two", "./probe", "exit", "0"}, []string{"exec", "-T", "flap", "true"})
	commands([]string{"pause", "two"}, []string{"restart", "-t", "0", "two"}, []string{"pause", "two"}, []string{"unpause", "two"})
	for n := range max(10, kills()) {
		switch n % 5 {
		case 0:
			_ = syscall.Kill(s.supervisorPID(), syscall.SIGKILL)
		case 1:
			s.plain("kill", "one", "flap")
			s.plain("start", "one", "flap")
		case 2:
			s.plain("up", "-d", "-t", "0", "--force-recreate", "two")
		}
		r := s.plain("restart", "-t", "0", "one", "two", "shares")
		if r.hangs || strings.Contains(r.stderr, "has not ended") {
			t.Fatalf("restart %d: exit %d, it hangs: %v\n%s", n, r.code, r.hangs, r.stderr)
		}
	}
	close(stop)
	over := make(chan struct{})
	go func() { all.Wait(); close(over) }()
	for waits := true; waits; { // a command in a container that was paused last goes on when that does
		s.plain("unpause", "two")
		select {
		case <-over:
			waits = false
		case <-time.After(200 * time.Millisecond):
		}
	}
	s.plain("unpause", "two")
	s.must("up", "-d")
	for _, name := range []string{"one", "two", "shares"} {
		s.must("exec", "-T", name, "true")
	}
	s.eventually("nothing is left of the commands", func() bool { return len(s.pidsOf("exit", "0")) == 0 })
	s.must("down", "-t", "0")
}
