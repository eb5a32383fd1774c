package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memory is the proportional set size, in bytes, of the processes that serve one
// project: user holder, project holder, supervisor (proc_pid_smaps(5)). Those of
// the bench's other projects do not count.
func memory(program, project string) (int64, error) {
	pids, err := processes(program, "", project)
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, pid := range pids {
		pss, err := pssOf(pid)
		if err != nil {
			return 0, err
		}
		sum += pss
	}
	return sum, nil
}

// pssOf is the proportional set size of a process, in bytes.
func pssOf(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("no Pss of process %d", pid)
}

// processes are those that serve a project in the role, "" = in any. The user
// holder, which names no project, serves all.
func processes(program, role, project string) (pids []int, err error) {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		exe, err := os.Readlink(link)
		if err != nil || exe != program || !serves(filepath.Dir(link), role, project) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	if len(pids) == 0 {
		return nil, errors.New("no process of " + program + " found")
	}
	return pids, nil
}

// serves tells by its arguments, `mocker-compose __role ROLE DIR DIR PROJECT`,
// whether a process serves the project.
func serves(proc, role, project string) bool {
	b, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	if err != nil {
		return false
	}
	args := strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
	last := args[len(args)-1]
	return (last == "" || last == project) && (role == "" || len(args) > 2 && args[2] == role)
}
