package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/cpulist"
)

// allowed are the processors that a process may run on.
func allowed(pid int) string {
	return statusLine(fmt.Sprintf("/proc/%d/status", pid), "Cpus_allowed_list")
}

func statusLine(path, key string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// needProcessors skips where there is one only.
func needProcessors(t *testing.T) (first, last string) {
	t.Helper()
	own, err := cpulist.Parse(allowed(os.Getpid()))
	if err != nil || len(own) < 2 {
		t.Skip("a cpuset shows where there are two processors: run it on another machine, or in the lab with LAB_BACKEND=qemu LAB_CPUS=2")
	}
	return cpulist.Format(own[:1]), cpulist.Format(own[len(own)-1:])
}

// A cpuset holds for the first process, for what it starts, for commands that are
// executed and for one-off containers, with its controller or without; and it changes
// under all of them.
func TestLimitsCpuset(t *testing.T) {
	first, last := needProcessors(t)
	const file = `services:
  a:
    command: sh -c './probe threads 5 & ./probe pause first & wait'
    cpuset: "%s"
  shared: { command: ./probe pause shared, cpuset: "%[1]s", pid: "service:a" }
  init: { command: ./probe pause init, cpuset: "%[1]s", init: true }
  free: { command: ./probe pause free }
`
	s := begin(t, fmt.Sprintf(file, first))
	s.must("up", "-d")
	s.eventually("the processes are there", func() bool {
		return len(s.pidsOf("threads", "5")) == 1 && len(s.pidsOf("pause", "first")) == 1 && len(s.pidsOf("pause", "init")) == 1
	})
	pids := slices.Concat(s.pidsOf("threads", "5"), s.pidsOf("pause", "first"), s.pidsOf("pause", "init"), s.pidsOf("pause", "shared"))
	check := func(when, want string) {
		t.Helper()
		for _, pid := range pids {
			tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
			if len(tasks) == 0 {
				t.Errorf("%s: process %d is gone", when, pid)
			}
			for _, task := range tasks {
				if got := statusLine(task, "Cpus_allowed_list"); got != want {
					t.Errorf("%s: %s runs on %s, want %s", when, task, got, want)
				}
			}
		}
		for _, service := range []string{"a", "shared", "init"} {
			if got := s.must("exec", "-T", service, "sh", "-c", "grep Cpus_allowed_list /proc/self/status"); !strings.HasSuffix(strings.TrimSpace(got), "\t"+want) {
				t.Errorf("%s: a command in %s has %q, want %s", when, service, got, want)
			}
		}
		if got := allowed(s.pidsOf("pause", "free")[0]); got != allowed(os.Getpid()) {
			t.Errorf("%s: who asked for nothing runs on %s", when, got)
		}
	}
	check("at first", first)
	if got := s.must("run", "--rm", "-T", "a", "sh", "-c", "grep Cpus_allowed_list /proc/self/status"); !strings.HasSuffix(strings.TrimSpace(got), "\t"+first) {
		t.Errorf("a one-off container has %q", got)
	}
	s.write("compose.yaml", fmt.Sprintf(file, last))
	if r := s.compose("up", "-d"); r.code != 0 || strings.Count(r.stderr, "Updated") != 3 {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	check("after a change", last)
	s.write("compose.yaml", strings.ReplaceAll(strings.ReplaceAll(fmt.Sprintf(file, "GONE"), `    cpuset: "GONE"`+"\n", ""), `cpuset: "GONE", `, ""))
	s.must("up", "-d")
	check("without a cpuset", allowed(os.Getpid()))
	s.write("compose.yaml", fmt.Sprintf(file, "8000"))
	s.fails(1, []string{"compose.yaml:4: services.a.cpuset: there is no processor 8000"}, "up", "-d")
	check("after a refusal", allowed(os.Getpid()))
}

// The supervisor is killed between the record of a new limit and the change itself:
// its successor finishes it, and the command that asked for it succeeds.
func TestLimitsUpdateKilled(t *testing.T) {
	kill := func(t *testing.T, s *scenario, change string) {
		t.Helper()
		stall := filepath.Join(s.dir, "stall")
		s.env = append(s.env, "MOCKER_FAULT_STALL_LIMIT="+stall)
		s.must("up", "-d")
		s.write("stall", "")
		s.write("compose.yaml", change)
		f := s.background("up", "-d")
		state := s.dirs.StateFile(s.project)
		s.eventually("the change is on record", func() bool {
			b, err := os.ReadFile(state)
			return err == nil && strings.Contains(string(b), `"limited"`)
		})
		s.killSupervisor()
		if err := os.Remove(stall); err != nil {
			t.Fatal(err)
		}
		if code := f.code(); code != 0 {
			t.Errorf("up: exit %d\n%s", code, f.out.String())
		}
	}
	t.Run("memory", func(t *testing.T) {
		needControllers(t, "memory")
		s := begin(t, "services:\n  a: { command: ./probe pause, mem_limit: 100m }\n")
		kill(t, s, "services:\n  a: { command: ./probe pause, mem_limit: 150m }\n")
		if got := cgroupFile(s.group("a"), "memory.max"); got != fmt.Sprint(150<<20) {
			t.Errorf("memory.max is %s", got)
		}
	})
	t.Run("cpuset", func(t *testing.T) {
		first, last := needProcessors(t)
		s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe pause, cpuset: %q }\n", first))
		kill(t, s, fmt.Sprintf("services:\n  a: { command: ./probe pause, cpuset: %q }\n", last))
		pids := s.pidsOf("pause")
		if len(pids) != 1 || allowed(pids[0]) != last {
			t.Errorf("processes %v, on processor %s, want %s", pids, allowed(pids[0]), last)
		}
	})
}

// A change of limits is no change of anything else: connections stay, who is stopped
// stays so and has it when it is started, new replicas have it, what run made does not.
func TestLimitsUpdateInPlace(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	const file = `services:
  far: { command: ./probe parrot ":7", LIMITS }
  near: { command: ./probe hold far:7 count, depends_on: [far], LIMITS }
  idle: { command: ./probe pause idle, LIMITS }
`
	with := func(limits string) string { return strings.ReplaceAll(file, "LIMITS", limits) }
	s := begin(t, with("mem_limit: 100m, cpus: 0.5, pids_limit: 50"))
	s.must("up", "-d")
	s.must("run", "-d", "--name", s.project+"-extra", "idle", "./probe", "pause", "extra")
	s.goesOn("at first", "count")
	s.must("stop", "idle")
	far, near, pids := s.group("far"), s.group("near"), slices.Concat(s.pidsOf("parrot", ":7"), s.pidsOf("hold", "far:7", "count"))
	s.write("compose.yaml", with("mem_limit: 200m, cpus: 0.25, pids_limit: 60"))
	r := s.compose("up", "-d", "--no-start")
	if r.code != 0 || strings.Count(r.stderr, "Updated") != 3 {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	for _, dir := range []string{far, near} {
		for name, want := range map[string]string{"memory.max": fmt.Sprint(200 << 20), "memory.swap.max": fmt.Sprint(200 << 20), "cpu.max": "25000 100000", "pids.max": "60"} {
			if got := cgroupFile(dir, name); got != want {
				t.Errorf("%s: %s is %q, want %q", dir, name, got, want)
			}
		}
	}
	s.goesOn("with other limits", "count")
	if now := slices.Concat(s.pidsOf("parrot", ":7"), s.pidsOf("hold", "far:7", "count")); !slices.Equal(now, pids) {
		t.Errorf("processes %v, were %v", now, pids)
	}
	if got := cgroupFile(s.groups("extra")[0], "memory.max"); got != fmt.Sprint(100<<20) {
		t.Errorf("what run made has %s", got)
	}
	if got := s.ps()["idle-1"].State; got != "exited" {
		t.Errorf("idle is %s", got)
	}
	s.must("start", "idle")
	if got := cgroupFile(s.group("idle"), "memory.max"); got != fmt.Sprint(200<<20) {
		t.Errorf("started, it has %s", got)
	}
	s.write("compose.yaml", with("mem_limit: 300m"))
	s.must("up", "-d", "--scale", "idle=2", "idle")
	for _, dir := range s.groups("idle-") {
		if got := cgroupFile(dir, "memory.max"); got != fmt.Sprint(300<<20) {
			t.Errorf("%s has %s", dir, got)
		}
	}
	if got := cgroupFile(far, "memory.max"); got != fmt.Sprint(200<<20) {
		t.Errorf("far, which was not asked for, has %s", got)
	}
	if r := s.compose("up", "-d"); strings.Count(r.stderr, "Updated") != 2 {
		t.Errorf("the others:\n%s", r.stderr)
	}
	if r := s.compose("up", "-d"); strings.Contains(r.stderr, "Updat") {
		t.Errorf("once more:\n%s", r.stderr)
	}
}

// A limit that cannot be lowered changes nothing, in no file and not on record; what can
// be given back is.
func TestLimitsUpdateRefused(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	with := func(limits string) string {
		return fmt.Sprintf("services:\n  a: { command: ./probe hungry 60 0s, %s }\n", limits)
	}
	const before = "mem_limit: 200m, memswap_limit: 260m, cpus: 0.9, pids_limit: 50, x-mocker: { memory_high: 190m }"
	s := begin(t, with(before))
	s.must("up", "-d")
	s.eventually("a is full", func() bool { return s.logged("a", "full") })
	state := func() (text string) {
		for _, name := range []string{"memory.max", "memory.swap.max", "memory.high", "memory.low", "cpu.max", "cpu.weight", "pids.max", "memory.events"} {
			text += name + " " + strings.Split(cgroupFile(s.group("a"), name), "\nhigh ")[0] + "\n"
		}
		return text
	}
	was := state()
	s.write("compose.yaml", with("mem_limit: 30m, memswap_limit: 30m, cpus: 0.1, pids_limit: 20, mem_reservation: 10m"))
	s.fails(1, []string{"mem_limit cannot become 30 MiB", "MiB are in use", "mocker-compose up --force-recreate a"}, "up", "-d")
	if now := state(); now != was {
		t.Errorf("it was\n%s\nand is\n%s", was, now)
	}
	s.write("compose.yaml", with(before))
	if r := s.compose("up", "-d"); r.code != 0 || strings.Contains(r.stderr, "Updat") {
		t.Errorf("the limits from before: exit %d\n%s", r.code, r.stderr)
	}
	s.write("compose.yaml", with("mem_limit: 90m, memswap_limit: 90m"))
	s.must("up", "-d")
	if got := cgroupFile(s.group("a"), "memory.max"); got != fmt.Sprint(90<<20) || s.state("a-1") != "running" {
		t.Errorf("memory.max is %s, a is %s", got, s.state("a-1"))
	}
}

// Who runs without a cgroup is told of limits that are added later, too.
func TestLimitsUpdateWithoutCgroups(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.env = append(s.env, "MOCKER_FORCE_NO_CGROUP=1")
	s.must("up", "-d")
	pids := s.pidsOf("pause")
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause, mem_limit: 64m }\n")
	r := s.compose("up", "-d")
	if r.code != 0 || strings.Count(r.stderr, "not enforced: mem_limit (service a)") != 1 {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	if now := s.pidsOf("pause"); !slices.Equal(now, pids) {
		t.Errorf("processes %v, were %v", now, pids)
	}
}
