package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const cgroupMount = "/sys/fs/cgroup"

// delegated is the directory of the caller's own cgroups: that of its service manager,
// or the highest one above this process that belongs to it.
func delegated() string {
	if dir := fmt.Sprintf("%s/user.slice/user-%d.slice/user@%d.service", cgroupMount, os.Getuid(), os.Getuid()); isDir(dir) {
		return dir
	}
	top := ""
	for dir := filepath.Join(cgroupMount, cgroupOf(os.Getpid())); len(dir) > len(cgroupMount); dir = filepath.Dir(dir) {
		if f, err := os.OpenFile(filepath.Join(dir, "cgroup.procs"), os.O_WRONLY, 0); err == nil {
			f.Close()
			top = dir
		}
	}
	return top
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// needControllers skips the test where these controllers are not the caller's.
func needControllers(t *testing.T, names ...string) {
	t.Helper()
	dir := delegated()
	have := strings.Fields(cgroupFile(dir, "cgroup.controllers"))
	for _, n := range names {
		if !slices.Contains(have, n) {
			t.Skipf("the cgroup controller %s is not delegated to this user: test/lab/scenarios %s", n, t.Name())
		}
	}
}

// cgroupOf is a process's place in the tree of version 2.
func cgroupOf(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return path
		}
	}
	return ""
}

// cgroupFile reads a file of a cgroup, "" if there is none.
func cgroupFile(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// cgroupCount is a number of a file with lines "KEY NUMBER"; -1 if it has none.
func cgroupCount(dir, name, key string) int {
	for line := range strings.Lines(cgroupFile(dir, name)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == key {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				return -1
			}
			return n
		}
	}
	return -1
}

// tree is the directory of the project's cgroups: the supervisor's is its leaf.
func (s *scenario) tree() string {
	s.t.Helper()
	own := cgroupOf(s.supervisorPID())
	if filepath.Base(own) != "holder" {
		s.t.Fatalf("the supervisor is in %s, not in a leaf for itself", own)
	}
	return filepath.Join(cgroupMount, filepath.Dir(own))
}

// groups are the directories of the runs of a service's containers, "" = of all.
func (s *scenario) groups(service string) (dirs []string) {
	s.t.Helper()
	entries, err := os.ReadDir(s.tree())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "holder" && strings.Contains(e.Name(), service) {
			dirs = append(dirs, filepath.Join(s.tree(), e.Name()))
		}
	}
	return dirs
}

// group is the directory of the only run of a service.
func (s *scenario) group(service string) string {
	s.t.Helper()
	dirs := s.groups(service + "-1")
	if len(dirs) != 1 {
		s.t.Fatalf("%s has the cgroups %q, want one", service, dirs)
	}
	return dirs[0]
}

// allCgroups are the directories below top, without those of the tests themselves.
func allCgroups(top string) (dirs []string) {
	_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil // what is gone is not there
	})
	return dirs
}

// innerProcesses are the directories that have both processes and directories.
func innerProcesses(top string) (bad []string) {
	for _, dir := range allCgroups(top) {
		if cgroupFile(dir, "cgroup.procs") == "" {
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.IsDir() {
				bad = append(bad, dir)
				break
			}
		}
	}
	return bad
}
