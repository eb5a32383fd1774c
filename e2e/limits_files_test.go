package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// limitedStack is a file as people write them: a data base that gets its memory, an
// application with what a swarm would get, a virtual machine that sizes itself by
// what it sees, and runners that are kept small.
const limitedStack = `
x-runner: &runner
  pids_limit: 128
  cpu_shares: 512
  mem_limit: 96m
  memswap_limit: 96m
  ulimits: { nofile: { soft: 512, hard: 1024 }, core: 0 }
services:
  db:
    command: ./probe serve :5432
    mem_limit: 256m
    mem_reservation: 64m
    shm_size: 32m
    oom_score_adj: 100
    healthcheck: { test: [CMD, ./probe, get, "http://127.0.0.1:5432/"], interval: 200ms, timeout: 20s }
  app:
    command: ./probe serve :80
    depends_on: { db: { condition: service_healthy } }
    deploy:
      replicas: 2
      resources:
        limits: { cpus: '0.50', memory: 50M, pids: 90 }
        reservations: { cpus: '0.25', memory: 20M }
  jvm:
    command: ./probe threads 60
    mem_limit: 1g
    memswap_limit: 1g
    cpus: 0.75
    x-mocker: { memory_high: 900m }
  runner: { <<: *runner, command: ./probe pause }
  forever: { <<: *runner, command: ./probe pause, memswap_limit: -1, pids_limit: 0 }
  free: { command: ./probe pause }
`

// Every key is where the kernel enforces it, whichever way it was written.
func TestLimitsStack(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	s := begin(t, limitedStack)
	r := s.compose("up", "-d", "--wait")
	if r.code != 0 {
		t.Fatal(r.stderr)
	}
	if strings.Contains(r.stderr, "not enforced") {
		t.Errorf("up says that there are limits that do not hold:\n%s", r.stderr)
	}
	for name, files := range map[string]map[string]int{
		"db-1":      {"memory.max": 256 << 20, "memory.swap.max": 256 << 20, "memory.low": 64 << 20},
		"app-1":     {"memory.max": 50 << 20, "memory.low": 20 << 20, "pids.max": 90},
		"app-2":     {"memory.max": 50 << 20, "memory.low": 20 << 20, "pids.max": 90},
		"jvm-1":     {"memory.max": 1 << 30, "memory.swap.max": 0, "memory.high": 900 << 20},
		"runner-1":  {"memory.max": 96 << 20, "memory.swap.max": 0, "pids.max": 128, "cpu.weight": 20},
		"forever-1": {"memory.max": 96 << 20, "memory.swap.max": -1, "pids.max": -1},
		"free-1":    {"memory.max": -1, "memory.high": -1, "memory.low": 0, "cpu.weight": 39},
	} {
		dirs := s.groups(name)
		if len(dirs) != 1 {
			t.Fatalf("%s has the cgroups %q", name, dirs)
		}
		for file, want := range files {
			text := fmt.Sprint(want)
			if want < 0 {
				text = "max"
			}
			if got := cgroupFile(dirs[0], file); got != text {
				t.Errorf("%s: %s is %q, want %q", name, file, got, text)
			}
		}
		if got := cgroupFile(dirs[0], "memory.oom.group"); got != "1" {
			t.Errorf("%s: memory.oom.group is %q", name, got)
		}
	}
	for name, want := range map[string]string{"app-1": "50000 100000", "jvm-1": "75000 100000", "free-1": "max 100000"} {
		if got := cgroupFile(s.groups(name)[0], "cpu.max"); got != want {
			t.Errorf("%s: cpu.max is %q, want %q", name, got, want)
		}
	}
	s.eventually("the threads are there", func() bool { return s.logged("jvm", "threads 60") })
	if got := s.must("exec", "-T", "db", "sh", "-c", "df -k /dev/shm | tail -n1"); !strings.Contains(got, " 32768 ") {
		t.Errorf("/dev/shm: %s", got)
	}
}

// A limit that changes is applied to what runs: the same process, the same group.
// More than is used cannot be taken away.
func TestLimitsChange(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	const file = "services:\n  a: { command: ./probe hungry 60 0s, MORE }\n  b: { command: ./probe pause, mem_limit: 100m }\n"
	s := begin(t, strings.ReplaceAll(file, "MORE", "mem_limit: 200m, memswap_limit: 200m, cpus: 0.9"))
	s.must("up", "-d")
	s.eventually("a is full", func() bool { return s.logged("a", "full") })
	group, other, pids := s.group("a"), s.group("b"), s.pidsOf("hungry", "60", "0s")
	for _, c := range []struct{ keys, file, want string }{
		{"mem_limit: 150m, memswap_limit: 150m, cpus: 0.9", "memory.max", fmt.Sprint(150 << 20)},
		{"mem_limit: 150m, memswap_limit: 150m, cpus: 0.5", "cpu.max", "50000 100000"},
		{"mem_limit: 150m, memswap_limit: 150m, pids_limit: 70", "pids.max", "70"},
		{"mem_limit: 150m, memswap_limit: 150m", "cpu.max", "max 100000"},
		{"pids_limit: -1", "memory.max", "max"},
		{"cpu_shares: 2048", "cpu.weight", "79"},
		{"mem_limit: 300m", "memory.max", fmt.Sprint(300 << 20)},
	} {
		s.write("compose.yaml", strings.ReplaceAll(file, "MORE", c.keys))
		r := s.compose("up", "-d")
		if r.code != 0 {
			t.Fatalf("%s: %s", c.keys, r.stderr)
		}
		if got := cgroupFile(group, c.file); got != c.want {
			t.Errorf("%s: %s is %q, want %q\n%s", c.keys, c.file, got, c.want, r.stderr)
		}
	}
	s.write("compose.yaml", strings.ReplaceAll(file, "MORE", "mem_limit: 30m, memswap_limit: 30m"))
	if r := s.compose("up", "-d"); r.code == 0 {
		t.Errorf("30 MB for one that has 60: %s%s", r.stdout, r.stderr)
	} else if !strings.Contains(r.stderr, "30 MiB") {
		t.Errorf("it does not say why:\n%s", r.stderr)
	}
	if got := cgroupFile(group, "memory.max"); got != fmt.Sprint(300<<20) {
		t.Errorf("after the refusal memory.max is %q", got)
	}
	if s.group("a") != group || s.group("b") != other || !slices.Equal(pids, s.pidsOf("hungry", "60", "0s")) {
		t.Errorf("something was started again: %v, %v", s.groups(""), s.pidsOf("hungry", "60", "0s"))
	}
	if s.ps()["a-1"].State != "running" {
		t.Errorf("a is %q", s.ps()["a-1"].Status)
	}
}

// Without cgroups all works but for the limits, and it is said once, by the names
// of the keys, what does not hold and why.
func TestLimitsNone(t *testing.T) {
	s := begin(t, limitedStack)
	s.env = append(s.env, "MOCKER_FORCE_NO_CGROUP=1")
	r := s.compose("up", "-d", "--wait")
	if r.code != 0 {
		t.Fatal(r.stderr)
	}
	said := linesWith(r.stderr, "")
	said = slices.DeleteFunc(said, func(l string) bool { return !strings.Contains(l, "not enforced") })
	if len(said) != 1 {
		t.Fatalf("said %d times, want once:\n%s", len(said), r.stderr)
	}
	for _, word := range []string{"mem_limit", "memswap_limit", "mem_reservation", "cpus", "cpu_shares", "pids_limit", "deploy.resources.limits.memory", "db", "app", "jvm", "runner"} {
		if !strings.Contains(said[0], word) {
			t.Errorf("it does not name %s: %s", word, said[0])
		}
	}
	if r := s.compose("up", "-d"); strings.Contains(r.stderr, "not enforced") {
		t.Errorf("it is said again:\n%s", r.stderr)
	}
	s.must("restart", "-t", "0", "runner")
	s.must("pause", "db")
	s.must("unpause", "db")
	s.must("exec", "-T", "db", "true")
	if r := s.compose("exec", "-T", "runner", "sh", "-c", "ulimit -n"); strings.TrimSpace(r.stdout) != "512" {
		t.Errorf("ulimit: %q", r.stdout)
	}
	s.must("stop", "-t", "0")
	// A project without limits has nothing to be told.
	s.write("compose.yaml", "services: { a: { command: ./probe pause } }\n")
	if r := s.compose("up", "-d", "--remove-orphans"); r.code != 0 || strings.Contains(r.stderr, "enforced") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}
