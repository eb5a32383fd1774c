package pids

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// programImage is what /proc/PID/exe of an init of ours points to (memfd_create(2)).
const programImage = "/memfd:sandbox"

// Ignores tells whether sig has provably no effect on the main process of a run,
// whose first process is behind pidfd. alone: that is the first of a pid namespace,
// and gets only the signals that it handles (pid_namespaces(7)); so one that neither
// handles nor blocks sig, as a shell that waits for its command, will never see it. A
// blocked signal may be waited for (sigwait(3), signalfd(2)), so it does not count as
// ignored.
func Ignores(pidfd *os.File, sig unix.Signal, alone bool) bool {
	if pidfd == nil || sig == unix.SIGKILL || sig == unix.SIGSTOP {
		return false
	}
	pid, err := Of(pidfd)
	if err != nil {
		return false
	}
	if main, err := BelowInit(pidfd); err == nil && main != nil {
		defer main.Close()
		if pid, err = Of(main); err != nil {
			return false
		}
		alone = false
	}
	caught, blocked, ignored, err := signalSets(pid)
	if err != nil {
		return false
	}
	bit := uint64(1) << (sig - 1)
	if caught&bit != 0 || blocked&bit != 0 {
		return false
	}
	return alone || ignored&bit != 0
}

// signalSets reads the masks of a process (proc_pid_status(5)). Threads share
// caught and ignored; blocked is the main thread's, and that is where programs
// that wait for signals have them blocked, since threads inherit it.
func signalSets(pid int) (caught, blocked, ignored uint64, err error) {
	status, err := statusOf(pid)
	if err != nil {
		return 0, 0, 0, err
	}
	for key, to := range map[string]*uint64{"SigCgt": &caught, "SigBlk": &blocked, "SigIgn": &ignored} {
		if *to, err = strconv.ParseUint(status[key], 16, 64); err != nil {
			return 0, 0, 0, err
		}
	}
	return caught, blocked, ignored, nil
}

// statusOf reads what the kernel says of a process, by key (proc_pid_status(5)).
func statusOf(pid int) (map[string]string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil, err
	}
	status := make(map[string]string)
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(line, ":")
		status[key] = strings.TrimSpace(value)
	}
	return status, nil
}

// BelowInit is a pidfd of the process that our init behind pidfd has started, nil if
// that is no init of ours. One is known by its executable, which is still the program
// of the set-up.
func BelowInit(pidfd *os.File) (*os.File, error) {
	if pidfd == nil {
		return nil, nil //nolint:nilnil // none is an answer
	}
	pid, err := Of(pidfd)
	if err != nil {
		return nil, err
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil || !strings.HasPrefix(exe, programImage) {
		return nil, nil //nolint:nilnil // none is an answer
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil, err
	}
	// The first child is the oldest: the one that the init waits for.
	field, _, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	main, err := strconv.Atoi(field)
	if err != nil {
		return nil, unix.ESRCH
	}
	fd, err := unix.PidfdOpen(main, unix.PIDFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	// The pid is the child's if it is still below this init.
	if ppid, err := parentOf(f); err != nil || ppid != pid {
		f.Close()
		return nil, unix.ESRCH
	}
	return f, nil
}

func parentOf(pidfd *os.File) (int, error) {
	pid, err := Of(pidfd)
	if err != nil {
		return 0, err
	}
	status, err := statusOf(pid)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(status["PPid"])
}
