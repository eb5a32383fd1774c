package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// While nobody watches, services run out of memory; who comes then tells it: nothing
// but the kernel's count knows.
func TestOOMUnseen(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, `
x-small: &small { mem_limit: 24m, memswap_limit: 24m }
services:
  no: { <<: *small, command: "sh -c 'until [ -e go ]; do sleep 0.1; done; exec ./probe hungry 0 0s no'" }
  again: { <<: *small, command: "sh -c 'until [ -e go ]; do sleep 0.1; done; exec ./probe hungry 0 0s again'", restart: "on-failure:1" }
  fine: { command: sleep 100000, mem_limit: 24m, stop_grace_period: 0s }
`)
	s.must("up", "-d")
	s.onlyRuns("before", 3)
	pid := s.supervisorPID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eaters := append(members(s.groupsOf(pid, "no")), members(s.groupsOf(pid, "again"))...)
	s.write("go", "")
	s.eventually("both have ended", func() bool {
		for _, p := range eaters {
			if st := procState(p); st != 0 && st != 'Z' {
				return false
			}
		}
		return true
	})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.eventually("both ends are told as what they were", func() bool {
		ps := s.ps()
		return strings.HasPrefix(ps["no-1"].Status, "Exited (137) OOM") && strings.HasPrefix(ps["again-1"].Status, "Exited (137) OOM")
	})
	if a, b := strings.Count(s.read("no"), "ate"), strings.Count(s.read("again"), "ate"); a != 1 || b != 2 {
		t.Errorf("no ran %d times, again %d, want 1 and 2", a, b)
	}
	if c := s.ps()["fine-1"]; c.State != "running" {
		t.Errorf("fine is %q", c.Status)
	}
	s.onlyRuns("after", 1)
}

// groupsOf is group for a supervisor that cannot be asked.
func (s *scenario) groupsOf(supervisor int, service string) string {
	tree := cgroupMount + strings.TrimSuffix(cgroupOf(supervisor), "/holder")
	for _, dir := range allCgroups(tree) {
		if strings.Contains(dir, "/"+s.project+"-"+service+"-1.") {
			return dir
		}
	}
	s.t.Fatalf("%s has no cgroup in %s", service, tree)
	return ""
}

// A health check that eats too much is the container's end, and counts as one.
func TestOOMOfAHealthCheck(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, `
services:
  a:
    command: ./probe pause
    mem_limit: 24m
    memswap_limit: 24m
    restart: on-failure:1
    healthcheck: { test: [CMD, ./probe, hungry, "0", 0s, checked], interval: 300ms, timeout: 60s, retries: 100 }
  beside: { command: sleep 100000, stop_grace_period: 0s }
`)
	seen, stop := s.follow()
	s.must("up", "-d")
	s.eventually("it has ended twice", func() bool { return strings.HasPrefix(s.ps()["a-1"].Status, "Exited (137) OOM") })
	s.eventually("two events tell so", func() bool { return len(oomEvents(seen())) == 2 })
	stop()
	if n := strings.Count(s.read("checked"), "ate"); n != 2 {
		t.Errorf("the check ran %d times, want 2", n)
	}
	if c := s.ps()["beside-1"]; c.State != "running" {
		t.Errorf("beside is %q", c.Status)
	}
	s.onlyRuns("after", 1)
}

// A service without a limit has no OOM on its record when it is killed, nor has one
// with a limit that did not reach it.
func TestOOMIsNotEveryKill(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, `
services:
  child: { command: "sh -c 'sleep 100000 & kill -9 $$!; wait $$!; exit $$?'", mem_limit: 24m }
  killed: { command: sleep 100000, mem_limit: 24m }
  stopped: { command: ./probe stay, mem_limit: 24m, stop_grace_period: 100ms }
`)
	s.must("up", "-d")
	s.must("kill", "killed")
	s.must("stop", "stopped")
	for _, name := range []string{"child", "killed", "stopped"} {
		s.eventually(name+" has ended", func() bool { return s.ps()[name+"-1"].State == "exited" })
		if c := s.ps()[name+"-1"]; c.ExitCode != 137 || strings.Contains(c.Status, "OOM") {
			t.Errorf("%s: %d, %q", name, c.ExitCode, c.Status)
		}
	}
	if out := s.must("ps", "-a", "--format", "json"); strings.Contains(out, "OOMKilled") {
		t.Errorf("ps:\n%s", out)
	}
}

// What stays with a container to its end, or waits for it, is told why it ended; and
// who cannot fork, which limit is in the way.
func TestOOMIsExplained(t *testing.T) {
	needControllers(t, "memory", "pids")
	s := begin(t, `
services:
  a: { command: ./probe hungry 0 0s, mem_limit: 24m, memswap_limit: 24m }
  b: { command: sleep 100000, stop_grace_period: 0s, depends_on: { a: { condition: service_completed_successfully } } }
  tiny: { command: sleep 100000, mem_limit: 6m, stop_grace_period: 0s }
  full: { command: ./probe spawn 100, pids_limit: 12, stop_grace_period: 0s }
`)
	const why = "out of memory: limit 24 MiB"
	r := s.compose("run", "-T", "--rm", "a")
	if r.code != 137 || !strings.Contains(r.stderr, why) {
		t.Errorf("run: exit %d: %s", r.code, r.stderr)
	}
	s.fails(1, []string{"exit 137 (" + why + ")"}, "up", "-d", "b")
	s.must("up", "-d", "tiny")
	s.must("exec", "-T", "tiny", "true")
	s.must("up", "-d", "full")
	s.eventually("it is full", func() bool {
		r := s.compose("exec", "-T", "full", "true")
		return r.code != 0 && strings.Contains(r.stderr, "pids_limit")
	})
	s.must("exec", "-T", "tiny", "true")
}

// If it was not the service's own limit, that is said: here that of the whole project.
func TestOOMElsewhere(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, `
services:
  a: { command: ./probe hungry 0 0s, mem_limit: 1g }
  idle: { command: sleep 100000, stop_grace_period: 0s }
`)
	s.must("up", "-d", "idle")
	tree := s.tree()
	used, err := strconv.Atoi(cgroupFile(tree, "memory.current"))
	if err != nil {
		t.Fatal(err)
	}
	set := func(text string) error { return os.WriteFile(filepath.Join(tree, "memory.max"), []byte(text), 0) }
	if err := set(strconv.Itoa(used + 100<<20)); err != nil {
		t.Skipf("the limit of the project's cgroup is not ours to set: %v", err)
	}
	defer func() {
		if err := set("max"); err != nil {
			t.Error(err)
		}
	}()
	f := s.foreground("a")
	f.code()
	if out := f.out.String(); !strings.Contains(out, "a-1 exited with code 137 (out of memory: not its own limit, the machine or a cgroup above ran out)") {
		t.Errorf("up does not say why:\n%s", out)
	}
	if c := s.ps()["a-1"]; !strings.HasPrefix(c.Status, "Exited (137) OOM") {
		t.Errorf("a is %q", c.Status)
	}
	if c := s.ps()["idle-1"]; c.State != "running" {
		t.Errorf("idle is %q", c.Status)
	}
}
