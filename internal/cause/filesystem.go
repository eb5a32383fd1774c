package cause

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// FileSystem is the name of the file system at a path: of the last mount that the path
// is below (proc_pid_mountinfo(5)), since statfs(2) has the same number for ext2 to ext4.
// magic is that number, for where /proc is not to be had.
func FileSystem(path string, magic int64) string {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return fmt.Sprintf("file system %#x", magic)
	}
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return ""
	}
	device := fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))
	best, name := -1, ""
	for line := range strings.Lines(string(b)) {
		front, back, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(front), strings.Fields(back)
		if !ok || len(f) < 5 || len(g) < 1 {
			continue
		}
		if at := f[4]; len(at) >= best && (path == at || strings.HasPrefix(path, strings.TrimSuffix(at, "/")+"/")) {
			best, name = len(at), g[0]
		} else if best < 0 && f[2] == device {
			name = g[0]
		}
	}
	return name
}
