package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bombFile has five services that fork without end, half of them loudly, and one
// that does its work.
func bombFile(limit string) string {
	var b strings.Builder
	b.WriteString("services:\n  calm: { command: ./probe serve :80, ports: ['127.0.0.1::80'] }\n")
	for i := range 5 {
		quiet := ""
		if i%2 == 0 {
			quiet = "exec 2>/dev/null; "
		}
		fmt.Fprintf(&b, "  bomb%d: { command: [sh, -c, '%sb() { b | b & }; b; exec sleep 100000'], stop_grace_period: 1s%s }\n", i, quiet, limit)
	}
	return b.String()
}

// Five fork bombs stay in their groups: who works beside them, inside the project
// and outside, is answered, and down ends them all.
func TestLimitsForkBomb(t *testing.T) {
	needControllers(t, "pids")
	long := time.Duration(number(t, "MOCKER_TEST_BOMB", 10)) * time.Second
	limit := ", pids_limit: 50"
	if text := os.Getenv("MOCKER_TEST_BOMB_PIDS"); text == "default" {
		limit = ""
	} else if text != "" {
		limit = ", pids_limit: " + text
	}
	s := begin(t, bombFile(limit))
	s.must("up", "-d", "calm")
	port := s.port("calm-1")
	s.must("up", "-d")
	shells, asked, most := s.underFire(long, port)
	slices.Sort(shells)
	t.Logf("%d shells outside: median %v, slowest %v; %d rounds of ps, exec and a request: slowest %v",
		len(shells), shells[len(shells)/2], shells[len(shells)-1], asked, most)
	for i := range 5 {
		dir := s.group(fmt.Sprintf("bomb%d", i))
		top, err := strconv.Atoi(cgroupFile(dir, "pids.max"))
		if err != nil {
			t.Errorf("bomb%d has no limit: %v", i, err)
		}
		met := func() bool { return cgroupCount(dir, "pids.events", "max") > 0 }
		if top <= 100 { // a slow machine needs minutes for thousands
			s.eventually(fmt.Sprintf("bomb%d is at its limit", i), met)
		}
		t.Logf("bomb%d: %s processes of %d, refused %d times", i, cgroupFile(dir, "pids.current"), top, cgroupCount(dir, "pids.events", "max"))
	}
	begun := time.Now()
	s.must("down")
	t.Logf("down: %v", time.Since(begun).Round(10*time.Millisecond))
}

// underFire asks those who must answer, as long as the bombs go off.
func (s *scenario) underFire(long time.Duration, port int) (shells []time.Duration, asked int, slowest time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); asked++ {
		for range 5 {
			begun := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			out, err := exec.CommandContext(ctx, "sh", "-c", "echo $((6 * 7)); true | cat").Output()
			cancel()
			if err != nil || string(out) != "42\n" {
				s.t.Fatalf("a shell outside: %q, %v", out, err)
			}
			shells = append(shells, time.Since(begun))
		}
		begun := time.Now()
		if c := s.ps()["calm-1"]; c.State != "running" {
			s.t.Fatalf("calm is %q", c.Status)
		}
		if got := s.must("exec", "-T", "calm", "echo", "here"); got != "here\n" {
			s.t.Fatalf("exec says %q", got)
		}
		s.eventually("calm answers", func() bool { return get(port, "/") != "" })
		slowest = max(slowest, time.Since(begun))
	}
	return shells, asked, slowest
}

// At its limit a service cannot fork, and is told so; without one it has the default.
func TestLimitsPids(t *testing.T) {
	needControllers(t, "pids")
	s := begin(t, `
services:
  few: { command: ./probe spawn 40, pids_limit: 20 }
  deployed: { command: ./probe spawn 40, deploy: { resources: { limits: { pids: 22 } } } }
  usual: { command: ./probe spawn 40 }
  free: { command: ./probe spawn 40, pids_limit: -1 }
`)
	s.must("up", "-d")
	usual, err := strconv.Atoi(cgroupFile(s.group("usual"), "pids.max"))
	if room := leastPids(s.tree()); err != nil || usual < 64 || usual > 4096 || 5*usual >= room {
		t.Errorf("by default %d processes, %v: five full services leave nothing of %d", usual, err, room)
	}
	for name, want := range map[string]string{"few": "20", "deployed": "22", "usual": strconv.Itoa(usual), "free": "max"} {
		s.eventually(name+" has spawned", func() bool { return len(s.logLines(name)) > 0 })
		if got := cgroupFile(s.group(name), "pids.max"); got != want {
			t.Errorf("%s: pids.max is %q, want %q", name, got, want)
		}
		said, n := s.logLines(name)[0], 0
		if _, err := fmt.Sscanf(said, "spawned %d", &n); err != nil {
			t.Fatalf("%s: %q", name, said)
		}
		limited := strings.HasSuffix(said, ": resource temporarily unavailable")
		if most, err := strconv.Atoi(want); err == nil && most < 40 {
			if !limited || n >= most || n < 5 {
				t.Errorf("%s: %q, want a refusal before %d", name, said, most)
			}
		} else if limited || n != 40 {
			t.Errorf("%s: %q", name, said)
		}
	}
	if r := s.compose("exec", "-T", "few", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 100 & done"); r.code == 0 {
		t.Errorf("a command in a full service could fork: %q", r.stdout)
	}
}

// leastPids is the least limit of a directory and those above it.
func leastPids(dir string) int {
	least := 1 << 22 // PID_MAX_LIMIT of linux/threads.h
	for ; len(dir) > len(cgroupMount); dir = filepath.Dir(dir) {
		if n, err := strconv.Atoi(cgroupFile(dir, "pids.max")); err == nil {
			least = min(least, n)
		}
	}
	return least
}
