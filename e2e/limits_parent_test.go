package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// cgroup_parent is an inner node of the project's: it comes with the first container in
// it and goes with the last, adoption and all that is done to runs know it.
func TestLimitsParent(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	s := begin(t, `services:
  a: { command: ./probe pause a, cgroup_parent: /batch, mem_limit: 100m, restart: always }
  b: { command: ./probe pause b, cgroup_parent: batch, cpu_shares: 512 }
  c: { command: ./probe pause c }
`)
	s.must("up", "-d")
	batch := filepath.Join(s.tree(), "batch")
	in := func(service string) string {
		dirs, _ := filepath.Glob(filepath.Join(batch, "*-"+service+"-1.*"))
		if len(dirs) != 1 {
			t.Fatalf("%s has the cgroups %q in %s", service, dirs, batch)
		}
		return dirs[0]
	}
	first := in("a")
	if got := cgroupFile(first, "memory.max"); got != "104857600" {
		t.Errorf("memory.max is %q", got)
	}
	if got := cgroupFile(in("b"), "cpu.weight"); got != "20" {
		t.Errorf("cpu.weight is %q", got)
	}
	if got, single := cgroupFile(batch, "cpu.weight"), cgroupFile(s.group("c"), "cpu.weight"); got != single {
		t.Errorf("together they have the weight %s, one container has %s", got, single)
	}
	if bad := innerProcesses(s.tree()); len(bad) > 0 {
		t.Errorf("processes in inner nodes: %q", bad)
	}
	pids := s.pidsOf("pause", "b")
	s.killSupervisor()
	s.must("exec", "-T", "a", "true")
	for _, pid := range s.pidsOf("pause", "a") { // its policy brings it back, in a fresh group
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	s.eventually("a is back", func() bool {
		dirs, _ := filepath.Glob(filepath.Join(batch, "*-a-1.*"))
		return len(dirs) == 1 && dirs[0] != first
	})
	s.must("pause", "b")
	s.must("unpause", "b")
	if now := s.pidsOf("pause", "b"); len(now) != 1 || now[0] != pids[0] {
		t.Errorf("b is %v, was %v", now, pids)
	}
	s.must("stop", "-t", "0", "a", "b")
	if _, err := os.Stat(batch); !os.IsNotExist(err) {
		t.Errorf("the parent has stayed: %v", err)
	}
	s.must("start", "a")
	in("a")
}
