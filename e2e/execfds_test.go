package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Commands that have ended leave nothing open in the supervisor, whatever their end.
func TestFinishedExecsLeaveNoPidfds(t *testing.T) {
	s := begin(t, "services: { app: { command: ./probe pause } }\n")
	s.must("up", "-d")
	pid := s.supervisorPID()
	s.must("exec", "-T", "app", "./probe", "exit", "0")
	var before int
	s.eventually("the first is forgotten", func() bool { before = pidfdsOf(t, pid); return before <= 2 })
	for i := range 12 {
		if i%3 == 2 {
			s.fails(127, nil, "exec", "-T", "app", "./not-there")
			continue
		}
		s.must("exec", "-T", "app", "./probe", "exit", "0")
	}
	s.eventually("no pidfd is left over", func() bool { return pidfdsOf(t, s.sameSupervisor(pid)) <= before })
}

// pidfdsOf counts the pidfds that a process has open.
func pidfdsOf(t *testing.T, pid int) (n int) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if link, err := os.Readlink(dir + "/" + e.Name()); err == nil && strings.Contains(link, "pidfd") {
			n++
		}
	}
	return n
}
