package host

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/logs"
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
		return duplicate(sc.Stdin)
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

// terminal makes a pseudo terminal of the host's devpts: that of the container
// does not exist yet. Its master is kept by the holder.
func (r *Runtime) terminal(c *container) (files [3]*os.File, done func(), err error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return files, nil, fmt.Errorf("make a terminal: %w", err)
	}
	slave, err := openSlave(master)
	if err == nil {
		err = r.kept.Keep(kept.TTY(c.name), master)
	}
	if err != nil {
		master.Close()
		return files, nil, err
	}
	if err := r.showTerminal(c, master); err != nil {
		slave.Close()
		master.Close()
		return files, nil, err
	}
	r.setInput(c, master)
	return [3]*os.File{slave, slave, slave}, func() { slave.Close() }, nil
}

// openSlave opens the other end of a pseudo terminal without a path (TIOCGPTPEER, Linux 4.13).
func openSlave(master *os.File) (*os.File, error) {
	raw, err := master.SyscallConn()
	if err != nil {
		return nil, err
	}
	var slave *os.File
	cerr := raw.Control(func(m uintptr) {
		if err = unix.IoctlSetPointerInt(int(m), unix.TIOCSPTLCK, 0); err != nil {
			return
		}
		const flags = unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC
		fd, _, errno := unix.Syscall(unix.SYS_IOCTL, m, unix.TIOCGPTPEER, flags)
		if errno != 0 {
			err = errno
			return
		}
		slave = os.NewFile(fd, "terminal")
	})
	if err := errors.Join(cerr, err); err != nil {
		return nil, fmt.Errorf("open the terminal: %w", err)
	}
	return slave, nil
}

// consolePath is where the host has the terminal, "" if it cannot be told.
func consolePath(slave *os.File) string {
	var st unix.Stat_t
	if err := unix.Fstat(wire.FD(slave), &st); err != nil || unix.Major(st.Rdev) < 136 {
		return ""
	}
	// UNIX98 slaves: major 136 and up, 256 to each (Documentation/admin-guide/devices.txt).
	n := (unix.Major(st.Rdev)-136)*256 + unix.Minor(st.Rdev)
	path := fmt.Sprintf("/dev/pts/%d", n)
	var there unix.Stat_t
	if err := unix.Stat(path, &there); err != nil || there.Rdev != st.Rdev {
		return ""
	}
	return path
}

// HoldLog keeps the container's log from rotation (logs.HoldAll).
func (r *Runtime) HoldLog(sc *supervisor.Container) (*os.File, error) {
	return logs.HoldAll(r.dirs.LogDir(r.project, sc.Name))
}

// output are the pipes of the log that a container writes into: a step of pre_start
// writes into that of the container that it is for.
func (r *Runtime) output(c *container) [2]*os.File {
	if of := r.lookup(c.logs); of != nil {
		return of.out
	}
	return c.out
}

// Log are duplicates of the pipes of the container's log.
func (r *Runtime) Log(sc *supervisor.Container) (files [2]*os.File, err error) {
	c := r.lookup(sc.Name)
	if c == nil || c.out[0] == nil || c.out[1] == nil {
		return files, errors.New("the container has no log")
	}
	if files[0], err = duplicate(c.out[0]); err != nil {
		return files, err
	}
	if files[1], err = duplicate(c.out[1]); err != nil {
		files[0].Close()
	}
	return files, err
}
