package processes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// FS is a mounted /proc.
type FS string

// Host is the /proc of this process.
const Host FS = "/proc"

func (fs FS) file(pid int, name string) string {
	return filepath.Join(string(fs), strconv.Itoa(pid), name)
}

// Members are the processes in the pid namespaces of the given processes, each
// with the one it belongs to. A process of first that has ended has none.
func (fs FS) Members(first []int) (map[int][]int, error) {
	owner := map[string]int{}
	for _, pid := range first {
		if ns, err := os.Readlink(fs.file(pid, "ns/pid")); err == nil {
			owner[ns] = pid
		}
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
		if of, ok := owner[ns]; ok {
			members[of] = append(members[of], pid)
		}
	}
	for _, list := range members {
		slices.Sort(list)
	}
	return members, nil
}
