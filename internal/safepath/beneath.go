package safepath

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// OpenBeneath opens path below root where no part of it may be a link, the last
// one included unless flags have O_PATH: what has become a link meanwhile is an
// error (ELOOP). flags are those of open(2) without O_CREAT; O_CLOEXEC and
// O_NOFOLLOW are added. ".." is refused (EXDEV). The error is an *os.PathError.
func OpenBeneath(root *os.File, path string, flags int) (*os.File, error) {
	const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS
	f, err := openat2(root, strings.TrimLeft(path, "/"), flags|unix.O_NOFOLLOW, beneath)
	if walkInstead(err) {
		f, err = walkBeneath(root, split(path), flags)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return f, nil
}

// walkBeneath is OpenBeneath without openat2, name by name.
func walkBeneath(root *os.File, names []string, flags int) (*os.File, error) {
	if len(names) == 0 {
		return OpenAt(root, ".", flags, 0)
	}
	dir := root
	for i, name := range names {
		if name == ".." {
			closeBut(dir, root)
			return nil, unix.EXDEV
		}
		last, how := i == len(names)-1, unix.O_PATH|unix.O_DIRECTORY
		if last {
			how = flags
		}
		f, err := OpenAt(dir, name, how, 0)
		if err == unix.ENOTDIR && !last && isLink(dir, name) {
			err = unix.ELOOP // what openat2 says
		}
		closeBut(dir, root)
		if err != nil || last {
			return f, err
		}
		dir = f
	}
	return nil, unix.EINVAL
}

func isLink(dir *os.File, name string) bool {
	var st unix.Stat_t
	err := unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

func closeBut(f, keep *os.File) {
	if f != keep {
		f.Close()
	}
}
