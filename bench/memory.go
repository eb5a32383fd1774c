package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// memory is the proportional set size, in bytes, of all processes that execute
// the program (proc_pid_smaps(5)).
func memory(program string) (int64, error) {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, link := range links {
		exe, err := os.Readlink(link)
		if err != nil || exe != program {
			continue
		}
		b, err := os.ReadFile(filepath.Join(filepath.Dir(link), "smaps_rollup"))
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(b)) {
			var kib int64
			if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kib); n == 1 {
				sum += kib << 10
			}
		}
	}
	if sum == 0 {
		return 0, errors.New("no process of " + program + " found")
	}
	return sum, nil
}
