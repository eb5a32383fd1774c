package pidfd

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// PID reads the process's number, as the pid namespace of /proc has it, from
// /proc/self/fdinfo (proc_pid_fdinfo(5)). The error wraps os.ErrProcessDone
// when the process was reaped, and says so when it is in a pid namespace that
// cannot be seen from here.
func (p *FD) PID() (int, error) {
	var text []byte
	err := p.do(func(fd int) (err error) {
		text, err = os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("pid of pidfd: %w", err)
	}
	return parsePID(string(text))
}

func parsePID(fdinfo string) (int, error) {
	for line := range strings.Lines(fdinfo) {
		value, ok := strings.CutPrefix(line, "Pid:")
		if !ok {
			continue
		}
		pid, err := strconv.Atoi(strings.TrimSpace(value))
		switch {
		case err != nil:
			return 0, fmt.Errorf("pid of pidfd: %w", err)
		case pid == -1:
			return 0, fmt.Errorf("pid of pidfd: %w", os.ErrProcessDone)
		case pid == 0:
			return 0, fmt.Errorf("pid of pidfd: the process is in a pid namespace that is not below this one")
		}
		return pid, nil
	}
	return 0, fmt.Errorf("pid of pidfd: the descriptor does not refer to a process")
}
