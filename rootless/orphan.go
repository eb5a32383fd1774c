package rootless

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// adoptOrphan takes over a supervisor that an earlier user holder started. One
// that serves is found by its socket. One that was being started when its user
// holder died, or that is just ending, has none: it is known by the lock of its
// project, and waited for. Two supervisors must never meet.
func (w *watched) adoptOrphan() error {
	for until := time.Now().Add(cleanUpLimit); ; time.Sleep(minBackOff) {
		if f := listener(w.dirs.APISocket(w.name)); f != nil {
			w.supervisor = f
			go w.watchSupervisor(f, time.Now())
			return nil
		}
		lock := w.dirs.ProjectLock(w.name)
		if !locked(lock) {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("another supervisor of project %s neither serves nor ends; end it: fuser -k %s", w.name, lock)
		}
	}
}

// locked reports that somebody holds a lock file. To look is to lock it for a
// moment: who wants it must try more than once.
func locked(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK
}
