package copying

import (
	"os"

	"golang.org/x/sys/unix"
)

// openAt opens base in dir, never through a link.
func openAt(dir *os.File, base string, flags int, mode uint32) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(dir.Fd()), base, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
		if err == nil {
			return os.NewFile(uintptr(fd), base), nil
		}
		if err != unix.EINTR {
			return nil, err
		}
	}
}

func readLinkAt(dir *os.File, base string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(dir.Fd()), base, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// ignoreUnmapped passes over what chown says of an id that our user namespace does
// not have: the file stays ours.
func ignoreUnmapped(err error) error {
	if err == unix.EINVAL || err == unix.EPERM || err == unix.EOVERFLOW {
		return nil
	}
	return err
}
