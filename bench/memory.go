package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// memory is the proportional set size, in bytes, of the processes that serve one
// project: user holder, project holder, supervisor (proc_pid_smaps(5)). Those of
// the bench's other projects do not count.
func memory(program, project string) (int64, error) {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, link := range links {
		exe, err := os.Readlink(link)
		if err != nil || exe != program || !serves(filepath.Dir(link), project) {
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

// serves tells by its arguments whether a process is the user holder, which
// names no project, or one of the project's.
func serves(proc, project string) bool {
	b, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	if err != nil {
		return false
	}
	args := strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
	last := args[len(args)-1]
	return last == "" || last == project
}
