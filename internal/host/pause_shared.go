package host

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// Where containers share a pid namespace (pid: service:NAME, pid: host), a
// signal to all that is in it would be one to others too. There the processes of
// one are known by their mount namespace, which nobody shares.

// sharedNS tells whether another container lives in the pid namespace of a run.
func (r *Runtime) sharedNS(child *rootless.Child) bool {
	own, err := pidNS(child)
	if err != nil {
		return false // it has ended
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.containers {
		if c.run == nil || !c.sharesPID() {
			continue
		}
		if of, err := pidNS(c.run); err == nil && of == own {
			return true
		}
	}
	return false
}

func pidNS(child *rootless.Child) (uint64, error) {
	pid, err := pidOf(child.Pidfd)
	if err != nil {
		return 0, err
	}
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/ns/pid", pid), &st); err != nil {
		return 0, err
	}
	return st.Ino, nil
}

// eachOfMount calls do with the processes in the mount namespace of a run.
func eachOfMount(child *rootless.Child, do func(pid int, pidfd *os.File) error) error {
	main, err := pidOf(child.Pidfd)
	if err != nil {
		return nil // it has ended, or is about to
	}
	ns, err := mountNS(main)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if of, err := mountNS(pid); err != nil || of != ns {
			continue
		}
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		f := os.NewFile(uintptr(fd), "pidfd")
		// The pid may be another's by now: look again, while the pidfd holds it.
		if of, again := mountNS(pid); again == nil && of == ns {
			err = do(pid, f)
		}
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// stopMount stops the processes of a run one by one, until a look at all of them
// finds none that runs: what they fork meanwhile is found by the next.
func stopMount(child *rootless.Child) error {
	for deadline := time.Now().Add(sweepLimit); ; {
		running := 0
		err := eachOfMount(child, func(pid int, pidfd *os.File) error {
			switch processState(pid) {
			case 'T', 't', 'Z', 'X', 0:
				return nil
			case 'D': // hangs in the kernel: the signal waits for its return
			default:
				running++
			}
			return ignoreEnded(unix.PidfdSendSignal(wire.FD(pidfd), unix.SIGSTOP, nil, 0))
		})
		if err != nil || running == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes still run after %v", running, sweepLimit)
		}
	}
}

// processState is the letter that proc_pid_stat(5) has for a process, 0 when it
// is gone.
func processState(pid int) byte {
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
