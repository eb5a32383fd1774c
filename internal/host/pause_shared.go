package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/mountns"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// Where containers share a pid namespace (pid: service:NAME, pid: host), a
// signal to all that is in it would be one to others too. There the processes of
// one are known by their mount namespace, which nobody shares.

// sharedPID tells whether others live, or may live, in the pid namespace of a run.
func (r *Runtime) sharedPID(child *rootless.Child) bool {
	c := r.containerOf(child.Name)
	return c != nil && (c.sharesPID() || r.isJoined(c))
}

// eachOfMount calls do with the processes in the mount namespace of a run.
func eachOfMount(child *rootless.Child, do func(pid int, pidfd *os.File) error) error {
	main, err := pidOf(child.Pidfd)
	if err != nil {
		return nil // it has ended, or is about to
	}
	ns, err := mountns.Of(main)
	if err != nil {
		return nil
	}
	list, err := mountns.Members(ns)
	for pid, pidfd := range list {
		err = errors.Join(err, do(pid, pidfd))
		pidfd.Close()
	}
	return err
}

// stopMount stops the processes of a run one by one, until a look at all of them
// finds none that runs: what they fork meanwhile is found by the next.
func stopMount(child *rootless.Child) error {
	for deadline := time.Now().Add(mountns.Limit); ; {
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
			return fmt.Errorf("%d processes still run after %v", running, mountns.Limit)
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
