package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// What a scenario that has failed tells of itself: most failures are seen once, on a
// machine that nobody can look at. All of it is bounded.
const (
	tellLines = 40  // of a log, or a list
	tellStack = 400 // lines of stacks
	tellWidth = 500 // bytes of each
)

// distress is how the project is when its scenario has failed.
func (s *scenario) distress(scope testns.Scope, before testns.Snapshot) {
	s.t.Helper()
	ps := s.plain("ps", "-a", "--no-trunc")
	logs := s.plain("logs", "--no-color", "--timestamps", "--tail", "30")
	s.t.Logf("ps -a:\n%s", lastLines(ps.stdout+ps.stderr, tellLines))
	s.t.Logf("last log lines:\n%s", lastLines(logs.stdout+logs.stderr, 2*tellLines))
	s.t.Logf("what is there since the beginning:\n%s", lastLines(strings.Join(testns.Strays(before, testns.Take(scope)), "\n"), 2*tellLines))
	for name, text := range s.supervisorLogs() {
		s.t.Logf("%s:\n%s", name, lastLines(text, tellLines))
	}
}

// supervisorLogs are those of all projects of the scenario, by their paths.
func (s *scenario) supervisorLogs() map[string]string {
	all := map[string]string{}
	names, _ := filepath.Glob(filepath.Join(s.dirs.Data, "p", "*", "supervisor.log")) // the pattern is well formed
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil {
			all[name] = string(b)
		}
	}
	return all
}

// stacks has the project's supervisor say what it does, which ends it: for when a command
// waits for it in vain.
func (s *scenario) stacks() string {
	pid, err := listenerPID(s.dirs.APISocket(s.project))
	if err != nil {
		return fmt.Sprintf("there is no supervisor: %v", err)
	}
	before := s.supervisorLogs()
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		return fmt.Sprintf("supervisor %d: %v", pid, err)
	}
	name := filepath.Join(s.dirs.ProjectData(s.project), "supervisor.log")
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if text := strings.TrimPrefix(s.supervisorLogs()[name], before[name]); strings.Contains(text, "\nrip ") || strings.Contains(text, "\npc ") {
			return firstLines(text, tellStack)
		}
	}
	return fmt.Sprintf("supervisor %d says nothing", pid)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return shortLines(lines[max(0, len(lines)-n):])
}

func firstLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return shortLines(lines[:min(n, len(lines))])
}

func shortLines(lines []string) string {
	for i, l := range lines {
		if len(l) > tellWidth {
			lines[i] = l[:tellWidth] + "…"
		}
	}
	return strings.Join(lines, "\n")
}
