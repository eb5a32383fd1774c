package processes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// FS is a mounted /proc.
type FS string

// Host is the /proc of this process.
const Host FS = "/proc"

func (fs FS) file(pid int, name string) string {
	return filepath.Join(string(fs), strconv.Itoa(pid), name)
}

// Members are the processes of the containers of the given processes, each with
// the one it belongs to: those in its pid namespace or, where several containers
// share one, in its mount namespace. A process of first that has ended has none.
func (fs FS) Members(first []int) (map[int][]int, error) {
	byPID, byMount, shared := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, pid := range first {
		if ns, err := os.Readlink(fs.file(pid, "ns/mnt")); err == nil {
			byMount[ns] = pid
		}
		ns, err := os.Readlink(fs.file(pid, "ns/pid"))
		if err != nil {
			continue
		}
		// Who is not process 1 of its namespace has others in there, asked for or not.
		_, taken := byPID[ns]
		shared[ns] = shared[ns] || taken || !fs.isFirst(pid)
		byPID[ns] = pid
	}
	entries, err := os.ReadDir(string(fs))
	if err != nil {
		return nil, fmt.Errorf("list of processes: %w", err)
	}
	members := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		ns, err := os.Readlink(fs.file(pid, "ns/pid"))
		if err != nil {
			continue // it has ended, or is not ours
		}
		of, ok := byPID[ns]
		if ok && shared[ns] {
			mount, _ := os.Readlink(fs.file(pid, "ns/mnt"))
			of, ok = byMount[mount]
		}
		if ok {
			members[of] = append(members[of], pid)
		}
	}
	for _, list := range members {
		slices.Sort(list)
	}
	return members, nil
}

// isFirst tells whether a process is number 1 in its pid namespace.
func (fs FS) isFirst(pid int) bool {
	b, err := os.ReadFile(fs.file(pid, "status"))
	if err != nil {
		return true // it has ended
	}
	for line := range strings.Lines(string(b)) {
		if numbers, ok := strings.CutPrefix(line, "NSpid:"); ok {
			f := strings.Fields(numbers)
			return len(f) > 0 && f[len(f)-1] == "1"
		}
	}
	return true
}
