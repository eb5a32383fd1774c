package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Supervisors are killed while services end for their memory: the next one tells
// the reasons that its predecessor did not live to tell, the policies go on, and
// limits stay.
func TestLimitsSupervisorKilled(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	s := begin(t, `
x-small: &small { mem_limit: 24m, memswap_limit: 24m }
services:
  no: { <<: *small, command: ./probe hungry 0 0s no, scale: 3 }
  few: { <<: *small, command: ./probe hungry 0 0s few, restart: "on-failure:2" }
  kept: { command: ./probe serve :80, ports: ["127.0.0.1::80"], mem_limit: 100m, pids_limit: 60, cpus: 0.8 }
`)
	s.must("up", "-d", "kept")
	dir, pids := s.group("kept"), s.pidsOf("serve", ":80")
	limits := cgroupTexts(dir)
	for round := 1; round <= kills(); round += 3 {
		stop, killed := make(chan struct{}), make(chan int, 1)
		go func() { killed <- s.killSupervisors(3, stop) }()
		s.must("up", "-d", "no", "few")
		s.eventually("all have ended", func() bool {
			ended := 0 // by whatever number: an up that is repeated may count on
			for _, c := range s.ps() {
				if c.Service != "kept" && c.State == "exited" {
					ended++
				}
			}
			return ended == 4 && strings.Count(s.read("few"), "ate\n") >= 3
		})
		close(stop)
		n := <-killed
		for name, c := range s.ps() {
			if c.Service != "kept" && !strings.HasPrefix(c.Status, "Exited (137) OOM") {
				t.Errorf("with %d supervisors killed, %s is %q", n, name, c.Status)
			}
		}
		if a, b := strings.Count(s.read("no"), "ate"), strings.Count(s.read("few"), "ate"); a != 3 || b != 3 {
			t.Errorf("with %d supervisors killed: no ran %d times in 3 containers, few %d times, want 3", n, a, b)
		}
		s.must("down", "-t", "0", "no", "few")
		s.write("no", "")
		s.write("few", "")
	}
	if now := s.group("kept"); now != dir || !slices.Equal(pids, s.pidsOf("serve", ":80")) {
		t.Errorf("kept was in %s as %v, and is in %s as %v", dir, pids, now, s.pidsOf("serve", ":80"))
	}
	for name, text := range cgroupTexts(dir) {
		if limits[name] != text {
			t.Errorf("%s was %q and is %q", name, limits[name], text)
		}
	}
	s.eventually("no directory but of what runs", func() bool { return len(s.groups("")) == 1 })
}

// Fifty services with limits, up and down, as often as one likes.
func TestLimitsFifty(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	n := number(t, "MOCKER_TEST_LIMITED", 12)
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range n {
		fmt.Fprintf(&b, "  s%d: { command: sleep 100000, mem_limit: %dm, cpus: 0.5, pids_limit: 50, stop_grace_period: 0s }\n", i, 20+i)
	}
	s := begin(t, b.String())
	begun := time.Now()
	s.must("up", "-d")
	up := time.Since(begun)
	if got := len(s.groups("")); got != n {
		t.Errorf("%d directories for %d services", got, n)
	}
	for i := range n {
		if got := cgroupFile(s.group(fmt.Sprintf("s%d", i)), "memory.max"); got != fmt.Sprint((20+i)<<20) {
			t.Errorf("s%d: memory.max is %q", i, got)
		}
	}
	begun = time.Now()
	s.must("down")
	t.Logf("%d services with limits: up -d %v, down %v", n, up.Round(10*time.Millisecond), time.Since(begun).Round(10*time.Millisecond))
}
