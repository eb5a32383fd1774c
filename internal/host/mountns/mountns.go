// Package mountns knows the processes of a container by its mount namespace, which it
// shares with nobody, where it shares its pid namespace.
package mountns

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Limit bounds the end of a run's remaining processes: killed ones take
// longer only if they hang in the kernel.
const Limit = 5 * time.Second

// Sweep kills what a run has left in a pid namespace that it shares: all
// processes of its mount namespace. A process that has made itself another one,
// which takes CAP_SYS_ADMIN, stays; it ends with the owner of the pid namespace,
// or with the project.
func Sweep(ns uint64) error {
	if ns == 0 {
		return nil
	}
	for deadline := time.Now().Add(Limit); ; {
		left, err := killAll(ns)
		if err != nil || left == nil {
			return err
		}
		ended := waitEnd(left, time.Until(deadline))
		left.Close()
		if !ended {
			return fmt.Errorf("processes of mount namespace %d were killed and have not ended after %v", ns, Limit)
		}
	}
}

// killAll kills the living processes of a mount namespace and returns a pidfd of
// one of them, nil if there are none.
func killAll(ns uint64) (one *os.File, err error) {
	list, err := Members(ns)
	for pid, f := range list {
		kerr := unix.PidfdSendSignal(wire.FD(f), unix.SIGKILL, nil, 0)
		if kerr != nil && !errors.Is(kerr, unix.ESRCH) {
			err = errors.Join(err, fmt.Errorf("kill process %d: %w", pid, kerr))
		}
		if one != nil {
			one.Close()
		}
		one = f
	}
	return one, err
}

// Members are pidfds of the living processes of a mount namespace, by pid.
func Members(ns uint64) (map[int]*os.File, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	list := make(map[int]*os.File)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if of, err := Of(pid); err != nil || of != ns {
			continue // somebody else's, or ended: a zombie has no namespaces
		}
		fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
		if err != nil {
			continue
		}
		f := os.NewFile(uintptr(fd), "pidfd")
		// The pid may be another's by now: look again, while the pidfd holds it.
		if of, err := Of(pid); err != nil || of != ns {
			f.Close()
			continue
		}
		list[pid] = f
	}
	return list, nil
}

// waitEnd waits until the process behind a pidfd has ended.
func waitEnd(pidfd *os.File, limit time.Duration) bool {
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return false
	}
	ended := false
	_ = raw.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(poll, int(limit.Milliseconds()))
			if !errors.Is(err, unix.EINTR) {
				ended = n > 0
				return
			}
		}
	})
	return ended
}

// Of names the mount namespace of a process, which nobody shares: by it its
// descendants are known in a shared pid namespace.
func Of(pid int) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/ns/mnt", pid), &st); err != nil {
		return 0, err
	}
	return st.Ino, nil
}
