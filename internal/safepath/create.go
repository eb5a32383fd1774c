package safepath

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Owner is to whom something new is given.
type Owner struct{ UID, GID int }

// give gives the entry name of dir to the owner; nil leaves it as it is.
func (o *Owner) give(dir *os.File, name string) error {
	if o == nil {
		return nil
	}
	return unix.Fchownat(int(dir.Fd()), name, o.UID, o.GID, unix.AT_SYMLINK_NOFOLLOW)
}

// MkdirAllInRoot makes the directory path and its missing parents with mode,
// whatever the umask, resolving links as OpenInRoot does, also dangling ones:
// what they point to is made. It returns an O_PATH descriptor of the directory,
// good for the *at calls and as a mount point.
func MkdirAllInRoot(root *os.File, path string, mode uint32) (*os.File, error) {
	return MkdirAllOwned(root, path, mode, nil)
}

// MkdirAllOwned is MkdirAllInRoot that gives what it makes to the owner; nil = us.
func MkdirAllOwned(root *os.File, path string, mode uint32, owner *Owner) (*os.File, error) {
	f, err := openat2(root, path, unix.O_PATH|unix.O_DIRECTORY, inRoot)
	if err == nil {
		return f, nil
	}
	w := &walk{dirs: []*os.File{root}, rest: split(path), make: func(dir *os.File, name string, _ bool) error {
		return made(mkdir(dir, name, mode), owner, dir, name)
	}}
	f, err = w.open(unix.O_PATH | unix.O_DIRECTORY)
	if err != nil {
		return nil, &os.PathError{Op: "make directory in root", Path: path, Err: err}
	}
	return f, nil
}

// CreateFileOwned makes an empty regular file at path, and its missing parent
// directories with mode 0755, whatever the umask, resolving links as
// MkdirAllInRoot does, and gives what it makes to the owner; nil = us. Whatever is there
// already, but a directory, is left as it is. It returns an O_PATH descriptor, good as a
// mount point.
func CreateFileOwned(root *os.File, path string, mode uint32, owner *Owner) (*os.File, error) {
	f, err := openat2(root, path, unix.O_PATH, inRoot)
	if err != nil {
		w := &walk{dirs: []*os.File{root}, rest: split(path), make: makeFile(mode, owner)}
		f, err = w.open(unix.O_PATH)
	}
	if err == nil {
		err = notDirectory(f)
	}
	if err != nil {
		return nil, &os.PathError{Op: "make file in root", Path: path, Err: err}
	}
	return f, nil
}

func makeFile(mode uint32, owner *Owner) func(*os.File, string, bool) error {
	return func(dir *os.File, name string, last bool) error {
		if !last {
			return made(mkdir(dir, name, 0o755), owner, dir, name)
		}
		f, err := OpenAt(dir, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY, mode)
		if err != nil {
			return err
		}
		return made(errors.Join(unix.Fchmod(int(f.Fd()), mode), f.Close()), owner, dir, name)
	}
}

// made gives away what was made without an error: what is there already is not ours.
func made(err error, owner *Owner, dir *os.File, name string) error {
	if err != nil {
		return err
	}
	return owner.give(dir, name)
}

// mkdir is mkdirat(2) with exactly that mode: a service that is not root must
// pass through a directory that we made with a umask of 077.
func mkdir(dir *os.File, name string, mode uint32) error {
	if err := unix.Mkdirat(int(dir.Fd()), name, mode); err != nil {
		return err
	}
	f, err := OpenAt(dir, name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Mode&0o777 == mode&0o777 {
		return err
	}
	return chmod(f, mode)
}

// notDirectory closes f and fails if it is a directory.
func notDirectory(f *os.File) error {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		err = unix.EISDIR
	}
	if err != nil {
		f.Close()
	}
	return err
}
