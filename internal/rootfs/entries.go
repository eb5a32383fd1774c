package rootfs

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// openAt opens name in dir, never through a link.
func openAt(dir *os.File, name string, flags int, mode uint32) (*os.File, error) {
	fd, err := unix.Openat(int(dir.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// directory makes name in dir, or takes the directory that is there. Until the
// end it is open to us, whatever its mode will be.
func (u *unpacker) directory(dir *os.File, name string) error {
	err := unix.Mkdirat(int(dir.Fd()), name, 0o700)
	if err != unix.EEXIST {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return nil
	}
	if err := safepath.RemoveAll(dir, name); err != nil {
		return err
	}
	return unix.Mkdirat(int(dir.Fd()), name, 0o700)
}

func (u *unpacker) file(dir *os.File, name string, h *tar.Header, content io.Reader) (err error) {
	f, err := openAt(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := u.copy(f, content, h.Size); err != nil {
		return err
	}
	if err := u.attributes(f, h); err != nil {
		return err
	}
	return setTime(int(dir.Fd()), name, h)
}

// copy writes the content and leaves holes where it has blocks of zeros: the
// reader fills the holes of sparse files with zeros.
func (u *unpacker) copy(f *os.File, content io.Reader, size int64) error {
	var off int64
	for off < size {
		if err := u.alive(); err != nil {
			return err
		}
		n, err := io.ReadFull(content, u.buf[:min(int64(len(u.buf)), size-off)])
		if err != nil {
			return fmt.Errorf("its content ends after %d of %d bytes: %w", off+int64(n), size, err)
		}
		if !zero(u.buf[:n]) {
			if _, err := f.WriteAt(u.buf[:n], off); err != nil {
				return err
			}
		}
		off += int64(n)
	}
	return f.Truncate(size)
}

func zero(b []byte) bool {
	for len(b) >= 8 {
		if b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7] != 0 {
			return false
		}
		b = b[8:]
	}
	return strings.Trim(string(b), "\x00") == ""
}

// symlink is kept as it is, wherever it points: it is followed only inside of
// a root, by us and by the container.
func (u *unpacker) symlink(dir *os.File, name string, h *tar.Header) error {
	if h.Linkname == "" {
		return errors.New("a link to nothing")
	}
	if err := unix.Symlinkat(h.Linkname, int(dir.Fd()), name); err != nil {
		return err
	}
	if uid, gid, ok := u.owner(h); ok {
		err := unix.Fchownat(int(dir.Fd()), name, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
		if err := u.ownerFailed(err); err != nil {
			return err
		}
	}
	return setTime(int(dir.Fd()), name, h)
}

func (u *unpacker) fifo(dir *os.File, name string, h *tar.Header) error {
	if err := unix.Mknodat(int(dir.Fd()), name, unix.S_IFIFO|0o600, 0); err != nil {
		return err
	}
	// O_NONBLOCK: a fifo opens for reading without a writer.
	f, err := openAt(dir, name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := u.attributes(f, h); err != nil {
		return err
	}
	return setTime(int(dir.Fd()), name, h)
}

// hardLink links name to an entry that is in the tree already. A link to a
// symbolic link is one to the link itself.
func (u *unpacker) hardLink(dir *os.File, name, target string) error {
	names, err := cleanName(target)
	if err != nil {
		return fmt.Errorf("hard link to %q: %w", shorten(target), err)
	}
	if len(names) == 0 {
		return errors.New("hard link to the root of the tree")
	}
	from, err := safepath.OpenInRoot(u.root, strings.Join(names[:len(names)-1], "/"), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("hard link to %q, which is not in the archive before it: %w", shorten(target), err)
	}
	defer from.Close()
	last := names[len(names)-1]
	var old, now unix.Stat_t
	if err := unix.Fstatat(int(from.Fd()), last, &old, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("hard link to %q, which is not in the archive before it: %w", shorten(target), err)
	}
	if old.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fmt.Errorf("hard link to %q, a directory", shorten(target))
	}
	err = unix.Fstatat(int(dir.Fd()), name, &now, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && now.Ino == old.Ino && now.Dev == old.Dev {
		return nil // it is that file already
	}
	if err := safepath.RemoveAll(dir, name); err != nil {
		return err
	}
	return unix.Linkat(int(from.Fd()), last, int(dir.Fd()), name, 0)
}
