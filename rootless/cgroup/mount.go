package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoHierarchy: cgroup v2 is not mounted.
var ErrNoHierarchy = errors.New("the cgroup v2 hierarchy is not mounted on this machine")

// Mount is where the cgroup v2 hierarchy is to be seen: /sys/fs/cgroup, or
// /sys/fs/cgroup/unified beside the hierarchies of version 1 (hybrid).
type Mount struct {
	Dir  string // where it is mounted
	Root string // which group is its root there, in terms of /proc/PID/cgroup
	// Delegated: mounted with nsdelegate, so that the limits of the group that is the
	// root of a cgroup namespace cannot be written from inside of it.
	Delegated bool
}

// FindMount reads /proc/self/mountinfo.
func FindMount() (Mount, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Mount{}, err
	}
	return mountIn(string(b))
}

// mountIn takes the mount that shows most: that of the highest root.
func mountIn(mountinfo string) (Mount, error) {
	var best Mount
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		dash := 0
		for i, f := range fields {
			if f == "-" {
				dash = i
				break
			}
		}
		if dash < 6 || len(fields) < dash+4 || fields[dash+1] != "cgroup2" {
			continue
		}
		m := Mount{Dir: unescape(fields[4]), Root: unescape(fields[3])}
		for o := range strings.SplitSeq(fields[dash+3], ",") {
			m.Delegated = m.Delegated || o == "nsdelegate"
		}
		if best.Dir == "" || len(m.Root) < len(best.Root) {
			best = m
		}
	}
	if best.Dir == "" {
		return best, ErrNoHierarchy
	}
	return best, nil
}

// unescape undoes the octal escapes of proc_pid_mountinfo(5).
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// DirOf is the directory of the group that a process is in; pid 0 is our own.
func (m Mount) DirOf(pid int) (string, error) {
	file := "/proc/self/cgroup"
	if pid != 0 {
		file = fmt.Sprintf("/proc/%d/cgroup", pid)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	name, err := groupIn(string(b))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return m.dir(name)
}

// groupIn finds the line of version 2: "0::/path".
func groupIn(text string) (string, error) {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			return name, nil
		}
	}
	return "", ErrNoHierarchy
}

// dir is where a group is to be seen. Both names are relative to the root of our
// cgroup namespace.
func (m Mount) dir(name string) (string, error) {
	root := strings.TrimSuffix(m.Root, "/")
	rest, ok := strings.CutPrefix(name, root)
	if !ok || rest != "" && rest[0] != '/' || strings.HasPrefix(rest, "/..") {
		return "", fmt.Errorf("the group %s is not to be seen below %s, where %s is mounted", name, m.Dir, m.Root)
	}
	return filepath.Join(m.Dir, rest), nil
}
