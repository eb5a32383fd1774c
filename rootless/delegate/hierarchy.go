package delegate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// hierarchy is where cgroup v2 is mounted.
type hierarchy struct {
	mount string // the mount point
	root  string // the cgroup that is seen there, as /proc/PID/cgroup names it
	v1    bool   // there are controllers of cgroup v1 (a hybrid host, or v1 alone)
}

// errNoV2: the kernel has no cgroup v2 for us at all.
var errNoV2 = errors.New("cgroup v2 is not mounted")

// findHierarchy looks for the mount of cgroup v2 through which our own cgroup is seen.
func findHierarchy() (hierarchy, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return hierarchy{}, err
	}
	own, err := groupOf(os.Getpid())
	if err != nil {
		return hierarchy{}, err
	}
	h := parseMounts(string(mounts), own)
	if h.mount == "" {
		return h, errNoV2
	}
	return h, nil
}

// parseMounts reads mountinfo (proc_pid_mountinfo(5)). Of several mounts the first
// counts below which own lies.
func parseMounts(mountinfo, own string) (h hierarchy) {
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(kind) == 0 {
			continue
		}
		switch kind[0] {
		case "cgroup":
			// name=systemd and the like are hierarchies without a controller.
			h.v1 = h.v1 || len(kind) < 3 || !strings.Contains(kind[2], "name=")
		case "cgroup2":
			root := unescapeMount(fields[3])
			if at := unescapeMount(fields[4]); h.mount == "" && below(own, root) && strings.HasPrefix(at, "/") {
				h.mount, h.root = at, root
			}
		}
	}
	return h
}

// unescapeMount undoes the octal escapes of mountinfo.
func unescapeMount(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// below tells whether path is dir or in it. Both are clean and absolute.
func below(path, dir string) bool {
	return path == dir || dir == "/" && strings.HasPrefix(path, "/") || strings.HasPrefix(path, dir+"/")
}

// dir is the directory of a cgroup.
func (h hierarchy) dir(group string) (string, error) {
	if strings.HasPrefix(group, "/..") || !below(group, h.root) {
		return "", fmt.Errorf("cgroup %s is outside of what is mounted at %s", group, h.mount)
	}
	rest := strings.TrimPrefix(group, strings.TrimSuffix(h.root, "/"))
	return filepath.Join(h.mount, rest), nil
}

// groupOf is the cgroup of a process in the v2 hierarchy (cgroups(7), /proc/PID/cgroup).
func groupOf(pid int) (string, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return "", err
	}
	return parseGroup(string(b))
}

func parseGroup(text string) (string, error) {
	for line := range strings.Lines(text) {
		if group, ok := strings.CutPrefix(line, "0::"); ok {
			group = strings.TrimSuffix(strings.TrimSuffix(group, "\n"), " (deleted)")
			if !strings.HasPrefix(group, "/") {
				break
			}
			return filepath.Clean(group), nil
		}
	}
	return "", errNoV2
}

// dirOf is the directory of a process's cgroup.
func (h hierarchy) dirOf(pid int) (string, error) {
	group, err := groupOf(pid)
	if err != nil {
		return "", err
	}
	return h.dir(group)
}

// isV2 tells whether a directory is one of cgroup v2.
func isV2(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC
}

// inode is the number of a directory, 0 if there is none.
func inode(dir string) uint64 {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return 0
	}
	return st.Ino
}
