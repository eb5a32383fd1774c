package host

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// stdio are the standard files of a run: /dev/null and the log pipes, or a
// terminal whose output is copied into the log. done closes what was opened here.
func (r *Runtime) stdio(c *container, sc *supervisor.Container) (files [3]*os.File, done func(), err error) {
	if sc.Service.TTY {
		return r.terminal(c)
	}
	in, err := r.stdin(c, sc)
	if err != nil {
		return files, nil, err
	}
	out := r.output(c)
	return [3]*os.File{in, out[0], out[1]}, func() { in.Close() }, nil
}

// stdin is what the caller of the run brought, /dev/null or, with stdin_open, a
// pipe that stays open: its other end is kept by the holder until the container
// is removed.
func (r *Runtime) stdin(c *container, sc *supervisor.Container) (*os.File, error) {
	if sc.Stdin != nil {
		return wire.Duplicate(sc.Stdin)
	}
	if !sc.Service.StdinOpen {
		return os.Open(os.DevNull)
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil { // blocking, as os.Pipe's are not
		return nil, fmt.Errorf("standard input: %w", err)
	}
	read, write := os.NewFile(uintptr(fds[0]), "stdin"), os.NewFile(uintptr(fds[1]), "stdin")
	if err := r.kept.Keep(kept.Stdin(c.name), write); err != nil {
		read.Close()
		write.Close()
		return nil, err
	}
	r.setInput(c, write)
	return read, nil
}
