package e2e

import (
	"strings"
	"testing"
)

// The example runs everywhere; where there are cgroups, its limits hold.
func TestLimitsExample(t *testing.T) {
	s := beginExample(t, "limits")
	s.env = append(s.env, "MOCKER_FORCE_NO_CGROUP=1")
	r := s.compose("up", "-d")
	if r.code != 0 || !strings.Contains(r.stderr, "not enforced: cpus (service busy), mem_limit (service hungry), memswap_limit (service hungry), pids_limit (service crowd)") {
		t.Errorf("without cgroups: exit %d\n%s", r.code, r.stderr)
	}
	s.eventually("the hungry one has eaten", func() bool { return s.logged("hungry", "30000000") })
	s.must("down", "-t", "0")
	t.Run("enforced", func(t *testing.T) {
		needControllers(t, "memory", "pids", "cpu")
		s := beginExample(t, "limits")
		if r := s.compose("up", "-d"); r.code != 0 || strings.Contains(r.stderr, "enforced") {
			t.Errorf("exit %d\n%s", r.code, r.stderr)
		}
		s.eventually("the hungry one is killed", func() bool { return strings.Contains(s.ps()["hungry-1"].Status, "OOM") })
		s.eventually("the crowd is at its limit", func() bool {
			dirs := s.groups("crowd")
			return len(dirs) == 0 || cgroupCountMax(dirs[0]) > 0 // a shell may give up at its first failure
		})
		if got := cgroupFile(s.group("busy"), "cpu.max"); got != "10000 100000" {
			t.Errorf("cpu.max is %s", got)
		}
	})
}

// cgroupCountMax is how often a process was refused.
func cgroupCountMax(dir string) int { return cgroupCount(dir, "pids.events", "max") }
