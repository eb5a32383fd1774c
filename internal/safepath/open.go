package safepath

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// inRoot: as if root were "/" and /proc had no links to open files.
const inRoot = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS

// maxTries bounds repeats after a rename got in the way.
const maxTries = 64

var forceWalk atomic.Bool

func init() { forceWalk.Store(os.Getenv("MOCKER_FORCE_NO_OPENAT2") != "") }

// ForceWalk turns openat2 off, as on a kernel without it. For tests; the whole
// program does it when MOCKER_FORCE_NO_OPENAT2 is set.
func ForceWalk(on bool) { forceWalk.Store(on) }

// OpenInRoot opens path as a process with root as its "/" would. flags are
// those of open(2) without O_CREAT; O_CLOEXEC is added. The error is an
// *os.PathError with path as it was given.
func OpenInRoot(root *os.File, path string, flags int) (*os.File, error) {
	f, err := openat2(root, path, flags, inRoot)
	if walkInstead(err) {
		f, err = walkOpen(root, path, flags)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open in root", Path: path, Err: err}
	}
	return f, nil
}

// walkInstead reports that openat2 could not do its work: it is missing,
// denied by a seccomp filter (containers), or other processes rename too much.
func walkInstead(err error) bool {
	return errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EAGAIN)
}

func openat2(dir *os.File, path string, flags int, resolve uint64) (*os.File, error) {
	if forceWalk.Load() {
		return nil, unix.ENOSYS
	}
	if strings.Trim(path, "/") == "" {
		path = "."
	}
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve}
	for try := 0; ; try++ {
		fd, err := unix.Openat2(int(dir.Fd()), path, &how)
		if err == nil {
			return os.NewFile(uintptr(fd), path), nil
		}
		again := err == unix.EINTR || err == unix.EAGAIN && flags&unix.O_NONBLOCK == 0
		if !again || try == maxTries {
			return nil, err
		}
	}
}

// OpenAt opens one name in dir, and never follows it (openat(2) with O_NOFOLLOW); mode is
// for O_CREAT. The error is the kernel's.
func OpenAt(dir *os.File, name string, flags int, mode uint32) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
		if err == nil {
			return os.NewFile(uintptr(fd), name), nil
		}
		if err != unix.EINTR {
			return nil, err
		}
	}
}

// ReadLinkAt is where a link in dir leads to; an empty name is dir itself, opened by O_PATH
// (readlinkat(2)).
func ReadLinkAt(dir *os.File, name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(dir.Fd()), name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
