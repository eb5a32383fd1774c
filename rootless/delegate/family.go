package delegate

import (
	"os"
	"strconv"
	"strings"
)

// putFamily moves what the supervisor has started, before it was in the leaf itself,
// after it: its helpers must not end with the session in which it was born.
func (s *search) putFamily(leaf *group) {
	parents := parentsOf()
	for pid := range parents {
		if !descends(parents, pid, s.Supervisor) {
			continue
		}
		if dir, err := s.h.dirOf(pid); err == nil && dir == s.from {
			_ = leaf.move(pid) // it may end at any moment
		}
	}
}

// parentsOf maps each process to its parent.
func parentsOf() map[int]int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	parents := map[int]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if b, err := os.ReadFile("/proc/" + e.Name() + "/stat"); err == nil {
			parents[pid] = parseParent(string(b))
		}
	}
	return parents
}

// parseParent reads the fourth field of /proc/PID/stat (proc_pid_stat(5)). The second is the
// program's name, in parentheses and with whatever it likes inside.
func parseParent(stat string) int {
	_, after, _ := cutLast(stat, ")")
	fields := strings.Fields(after)
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(fields[1]) // 0 is nobody's child
	return n
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// descends tells whether pid is below ancestor.
func descends(parents map[int]int, pid, ancestor int) bool {
	const deepest = 64
	for range deepest {
		pid = parents[pid]
		if pid == ancestor {
			return true
		}
		if pid <= 1 {
			return false
		}
	}
	return false
}
