package doctor

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// room is a net namespace for trying things, in place of a project's router
// namespace. The main thread stays in the host's, as helpers do.
type room struct {
	file *os.File
	jobs chan func()
}

// newRoom makes one, with a thread that lives in it and ends with the process.
func newRoom() (*room, error) {
	r := &room{jobs: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread is in the other namespace
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			r.file, err = os.Open("/proc/thread-self/ns/net")
		}
		made <- err
		for f := range r.jobs {
			f()
		}
	}()
	return r, <-made
}

// do runs f in the room.
func (r *room) do(f func() error) error {
	done := make(chan error)
	r.jobs <- func() { done <- f() }
	return <-done
}
