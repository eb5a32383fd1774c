package processes

import (
	"fmt"
	"os"
	"strings"
)

// overflow is the id that stands for one without a name (proc_sys_kernel(5)).
const overflow = 65534

// uid is the effective user id of a process as its own user namespace has it.
func (fs FS) uid(pid int) (uint32, error) {
	b, err := os.ReadFile(fs.file(pid, "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "Uid:"); ok {
			var id, effective uint32
			if _, err := fmt.Sscan(v, &id, &effective); err != nil {
				return 0, fmt.Errorf("process %d: status: %w", pid, err)
			}
			table, err := os.ReadFile(fs.file(pid, "uid_map"))
			if err != nil {
				return 0, err
			}
			return inside(string(table), effective), nil
		}
	}
	return 0, fmt.Errorf("process %d: status tells no user", pid)
}

// inside translates an id by a uid_map, whose lines are: first id inside, first
// id outside, count.
func inside(table string, id uint32) uint32 {
	for line := range strings.Lines(table) {
		var in, out, count uint32
		if _, err := fmt.Sscan(line, &in, &out, &count); err == nil && id >= out && id-out < count {
			return in + id - out
		}
	}
	return overflow
}
