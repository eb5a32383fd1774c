// Package pids says what the kernel knows of processes that are held by a pidfd:
// their pids, states and signal masks (proc(5)). A pid that it returns is only good for
// another look at /proc: it may be somebody else's as soon as the process has ended.
package pids

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Of is the pid, in our pid namespace, of the process behind a pidfd; an error when
// it has ended (pidfd_open(2), fdinfo).
func Of(pidfd *os.File) (int, error) {
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return 0, err
	}
	var b []byte
	// Held meanwhile: a closed one's number may be another's.
	if e := raw.Control(func(fd uintptr) { b, err = os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(int(fd))) }); e != nil {
		return 0, e
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "Pid:"); ok {
			pid, err := strconv.Atoi(strings.TrimSpace(v))
			if err != nil || pid <= 0 {
				return 0, errors.New("the process has ended")
			}
			return pid, nil
		}
	}
	return 0, errors.New("no pidfd")
}

// State is the letter that proc_pid_stat(5) has for a process, 0 when it
// is gone.
func State(pid int) byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name before it may hold anything, parentheses too.
	if i := bytes.LastIndex(b, []byte(") ")); i >= 0 && i+2 < len(b) {
		return b[i+2]
	}
	return 0
}
