package terminal

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Open makes a terminal of the host's devpts. Its master does not block. The caller
// closes both.
func Open() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a terminal: %w", err)
	}
	if slave, err = openSlave(master); err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
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

// Path is where the host has the terminal, "" if it cannot be told.
func Path(slave *os.File) string {
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

// Inside makes a pseudo terminal in the container's own devpts.
// What runs inside may have put something else in its place: it must be a
// character device 5:2, on a devpts.
func Inside(root *os.File, rows, cols uint16) (slave, master *os.File, err error) {
	path, err := safepath.OpenInRoot(root, "/dev/pts/ptmx", unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return nil, nil, err
	}
	defer path.Close()
	var st unix.Stat_t
	var fs unix.Statfs_t
	raw, err := path.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	cerr := raw.Control(func(fd uintptr) {
		if err = unix.Fstat(int(fd), &st); err != nil {
			return
		}
		if err = unix.Fstatfs(int(fd), &fs); err != nil {
			return
		}
		if st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(5, 2) || fs.Type != unix.DEVPTS_SUPER_MAGIC {
			err = errors.New("/dev/pts/ptmx of the container is not a terminal multiplexer")
			return
		}
		master, err = os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), os.O_RDWR|unix.O_NOCTTY, 0)
	})
	if err = errors.Join(cerr, err); err != nil {
		return nil, nil, err
	}
	if slave, err = openSlave(master); err != nil {
		master.Close()
		return nil, nil, err
	}
	resize(master, rows, cols)
	return slave, master, nil
}

// resize sets a terminal's size; nothing is lost when it cannot.
func resize(master *os.File, rows, cols uint16) {
	raw, err := master.SyscallConn()
	if err != nil || rows == 0 || cols == 0 {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	})
}
