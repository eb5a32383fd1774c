package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// programImage is what /proc/PID/exe of an init of ours points to (memfd_create(2)).
const programImage = "/memfd:sandbox"

// Ignores tells whether sig has provably no effect on the run's main process.
// A first process of a pid namespace gets only the signals that it handles
// (pid_namespaces(7)); so one that neither handles nor blocks sig, as a shell
// that waits for its command, will never see it. A blocked signal may be waited
// for (sigwait(3), signalfd(2)), so it does not count as ignored.
func (r *Runtime) Ignores(run *supervisor.Run, sig syscall.Signal) bool {
	child, err := childOf(run)
	if err != nil || child.Pidfd == nil || sig == unix.SIGKILL || sig == unix.SIGSTOP {
		return false
	}
	pid, err := pidOf(child.Pidfd)
	if err != nil {
		return false
	}
	c := r.containerOf(run.ID)
	first := c == nil || !c.sharesPID()
	if main, err := belowInit(child); err == nil && main != nil {
		defer main.Close()
		if pid, err = pidOf(main); err != nil {
			return false
		}
		first = false
	}
	caught, blocked, ignored, err := signalSets(pid)
	if err != nil {
		return false
	}
	bit := uint64(1) << (sig - 1)
	if caught&bit != 0 || blocked&bit != 0 {
		return false
	}
	return first || ignored&bit != 0
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

// belowInit is a pidfd of the process that our init has started, nil if the
// child's first process is the service itself. The init is known by its
// executable, which is still the program of the set-up.
func belowInit(child *rootless.Child) (*os.File, error) {
	if child.Pidfd == nil {
		return nil, nil
	}
	pid, err := pidOf(child.Pidfd)
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
	pid, err := pidOf(pidfd)
	if err != nil {
		return 0, err
	}
	status, err := statusOf(pid)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(status["PPid"])
}
