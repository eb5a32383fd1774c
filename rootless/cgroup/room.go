package cgroup

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Room is how many processes and threads the user of the tree may have at all, all
// others of his counted: the least of pids.max of D and of the groups above it (systemd
// gives a user a third of what the machine has), RLIMIT_NPROC, and what the machine has
// (kernel.threads-max, kernel.pid_max).
func (t *Tree) Room() int64 {
	room := leastPids(t.path)
	for _, path := range []string{"/proc/sys/kernel/threads-max", "/proc/sys/kernel/pid_max"} {
		room = lesser(room, path)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &limit); err == nil && limit.Cur < uint64(room) {
		room = int64(limit.Cur)
	}
	return room
}

// leastPids is the least pids.max from a directory up. The root of the hierarchy has
// no such file, and neither has what is above it.
func leastPids(dir string) int64 {
	least := int64(math.MaxInt64)
	for ; len(dir) > 1; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err != nil {
			break
		}
		least = lesser(least, filepath.Join(dir, "pids.max"))
	}
	return least
}

// lesser is n, or what a file says if that is a lesser number.
func lesser(n int64, path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return n
	}
	m, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil { // max
		return n
	}
	return min(n, m)
}
