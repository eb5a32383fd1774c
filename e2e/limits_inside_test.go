package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// cages are services with all the rights that a file can give; none can reach or
// change a cgroup but those that it makes below its own.
const cages = `
x-limits: &limits { mem_limit: 100m, pids_limit: 100, cpus: 0.9 }
services:
  plain: { <<: *limits, command: ./probe pause }
  user: { <<: *limits, command: ./probe pause, user: "1000:1000" }
  admin: { <<: *limits, command: ./probe pause, cap_add: [ALL], security_opt: ['seccomp:unconfined'] }
  privileged: { <<: *limits, command: ./probe pause, privileged: true }
  host: { <<: *limits, command: ./probe pause, cgroup: host }
  other: { <<: *limits, command: ./probe pause }
`

// watched are the files whose change would be an escape. (Whether the kernel ends all of
// a group or one process of it is no limit: memory.oom.group is everybody's own.)
var watched = []string{"memory.max", "memory.high", "memory.swap.max", "pids.max", "cpu.max", "cpu.weight", "cgroup.freeze", "cgroup.subtree_control"}

func TestLimitsCage(t *testing.T) {
	needControllers(t, "memory", "pids", "cpu")
	testns.RequireIDRange(t)
	s := begin(t, cages)
	s.must("up", "-d")
	before := cgroupTexts(s.tree())
	for _, name := range []string{"plain", "user", "admin", "privileged", "host"} {
		own := s.group(name)
		if name != "host" {
			if got := s.must("exec", "-T", name, "cat", "/proc/self/cgroup"); !strings.Contains(got, "0::/\n") {
				t.Errorf("%s: its own cgroup is not its root: %q", name, got)
			}
			if got := s.must("exec", "-T", name, "cat", "/sys/fs/cgroup/memory.max"); got != "104857600\n" {
				t.Errorf("%s: it sees the limit %q", name, got)
			}
		}
		out := s.must("exec", "-T", name, "./probe", "writables", "/sys/fs/cgroup", "/proc/sys/kernel")
		if strings.Contains(out, "tried /sys/fs/cgroup 0 ") {
			t.Errorf("%s: nothing was tried", name)
		}
		if n := strings.Count(out, "writable /sys/fs/cgroup"); n > 0 && name != "privileged" {
			t.Errorf("%s: %d files of cgroups can be written:\n%s", name, n, out)
		}
		out = s.must("exec", "-T", name, "./probe", "cage")
		t.Logf("%s: %d tries were refused; these were not: %q", name, strings.Count(out, "closed "), linesWith(out, "open "))
		if where := cgroupOf(s.pidIn(own)); where != strings.TrimPrefix(own, cgroupMount) {
			t.Errorf("%s has moved to %s", name, where)
		}
	}
	after := cgroupTexts(s.tree())
	for path, text := range after {
		if was, ok := before[path]; ok && was != text {
			t.Errorf("%s was %q and is %q", path, was, text)
		}
	}
	for _, dir := range s.groups("") {
		if cgroupFile(dir, "cgroup.procs") == "" {
			t.Errorf("%s is empty", dir)
		}
	}
	if len(after) < 6*len(watched)/2 || !maps.Equal(before, after) {
		t.Errorf("%d files before, %d after", len(before), len(after))
	}
}

// cgroupTexts are the watched files of all cgroups below a directory.
func cgroupTexts(top string) map[string]string {
	texts := map[string]string{}
	for _, dir := range allCgroups(top) {
		for _, name := range watched {
			if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				texts[strings.TrimPrefix(filepath.Join(dir, name), top)] = string(b)
			}
		}
	}
	return texts
}

// pidIn is a process of a cgroup.
func (s *scenario) pidIn(dir string) (pid int) {
	s.t.Helper()
	for _, p := range s.pidsOf("pause") {
		if cgroupMount+cgroupOf(p) == dir {
			return p
		}
	}
	s.t.Errorf("no process of the service is in %s", dir)
	return 0
}

func linesWith(text, prefix string) (lines []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
