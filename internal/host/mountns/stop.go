package mountns

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Stop stops the processes of the run whose first is behind pidfd one by one, until a
// look at all of them finds none that runs: what they fork meanwhile is found by the next.
func Stop(pidfd *os.File) error {
	for deadline := time.Now().Add(Limit); ; {
		running := 0
		err := each(pidfd, func(pid int, member *os.File) error {
			switch pids.State(pid) {
			case 'T', 't', 'Z', 'X', 0:
				return nil
			case 'D': // hangs in the kernel: the signal waits for its return
			default:
				running++
			}
			return send(member, unix.SIGSTOP)
		})
		if err != nil || running == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes still run after %v", running, Limit)
		}
	}
}

// Continue lets the processes of a run go on.
func Continue(pidfd *os.File) error {
	return each(pidfd, func(_ int, member *os.File) error { return send(member, unix.SIGCONT) })
}

// each calls do with the processes in the mount namespace of a run.
func each(pidfd *os.File, do func(pid int, member *os.File) error) error {
	main, err := pids.Of(pidfd)
	if err != nil {
		return nil // it has ended, or is about to
	}
	ns, err := Of(main)
	if err != nil {
		return nil
	}
	list, err := Members(ns)
	for pid, member := range list {
		err = errors.Join(err, do(pid, member))
		member.Close()
	}
	return err
}

// send signals a process that may have ended.
func send(pidfd *os.File, sig unix.Signal) error {
	if err := unix.PidfdSendSignal(wire.FD(pidfd), sig, nil, 0); !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}
