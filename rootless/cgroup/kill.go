package cgroup

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// killFile is another name in the test of what is done without it.
var killFile = "cgroup.kill"

// Kill kills every process of the group and of groups below it, frozen ones too
// (cgroup.kill, Linux 5.14). The kernel does it in one pass that no fork slips
// through. The group is of no more use then, but to be removed. It does not wait.
func (g *Group) Kill() error {
	err := writeAt(g.dir, killFile, "1")
	switch {
	case err == nil, g.Gone():
		return nil
	case errors.Is(err, unix.ENOENT):
		return g.signalAll()
	}
	return &os.PathError{Op: "write 1 to", Path: g.dir.Name() + "/" + killFile, Err: err}
}

// Gone tells whether the group was removed.
func (g *Group) Gone() bool {
	if g.removed.Load() {
		return true
	}
	_, err := readAt(g.dir, "cgroup.events")
	return err != nil && ignoreGone(err) == nil
}

// signalAll is Kill for kernels without cgroup.kill. The group is frozen, so that
// what it forks meanwhile stands still until its turn; SIGKILL ends the frozen.
func (g *Group) signalAll() error {
	_ = writeAt(g.dir, "cgroup.freeze", "1") // without it there are more rounds
	const rounds = 1000
	for range rounds {
		n, err := killBelow(g.dir)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil // who waits for its end says that it does not come
}

// killBelow signals what it finds in a directory and below, and counts it.
func killBelow(dir *os.File) (int, error) {
	pids, err := pidsAt(dir, "cgroup.procs")
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) { // a threaded group's are with the one above
		return 0, ignoreGone(err)
	}
	total := 0
	for _, pid := range pids {
		total += killMember(dir, pid)
	}
	names, err := children(dir)
	if err != nil {
		return total, ignoreGone(err)
	}
	for _, name := range names {
		child, err := openDir(dir, name)
		if err != nil {
			continue // removed
		}
		n, err := killBelow(child)
		child.Close()
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// killMember kills the process that has the number, if it is of the group: it is
// asked once more when the pidfd is there, for the number may have changed hands.
func killMember(dir *os.File, pid int) int {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	pids, err := pidsAt(dir, "cgroup.procs")
	if err != nil {
		return 0
	}
	for _, p := range pids {
		if p == pid && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil {
			return 1
		}
	}
	return 0
}

// ignoreGone: a group that was removed meanwhile has no processes.
func ignoreGone(err error) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
