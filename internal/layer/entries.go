package layer

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// directory makes base in dir, or takes the directory that is there, and opens
// it (O_PATH). Until the end it is open to us, whatever its mode will be.
func (u *unpacker) directory(dir *os.File, base string) (*os.File, error) {
	err := unix.Mkdirat(int(dir.Fd()), base, 0o700)
	if err == nil {
		return openAt(dir, base, dirFlags, 0)
	}
	if err != unix.EEXIST {
		return nil, err
	}
	f, err := openAt(dir, base, dirFlags, 0)
	if err != unix.ENOTDIR && err != unix.ELOOP {
		return f, err
	}
	hides := u.isWhiteout(dir, base)
	if err := u.replace(dir, base); err != nil {
		return nil, err
	}
	if err := unix.Mkdirat(int(dir.Fd()), base, 0o700); err != nil {
		return nil, err
	}
	if f, err = openAt(dir, base, dirFlags, 0); err == nil && hides {
		return closeOn(u.marks.opaque(f), f)
	}
	return f, err
}

func (u *unpacker) file(dir *os.File, base string, h *tar.Header, content io.Reader) (err error) {
	mode := u.plain.mode(h)
	f, err := openAt(dir, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if content, err = u.tap.content(h, content); err != nil {
		return err
	}
	if err := u.copy(f, content, h.Size); err != nil {
		return err
	}
	if err := u.attributes(f, h, mode); err != nil {
		return err
	}
	return setTime(int(dir.Fd()), base, h)
}

// copy writes the content and leaves holes where it has blocks of zeros: the
// reader fills the holes of sparse files with zeros.
func (u *unpacker) copy(f *os.File, content io.Reader, size int64) error {
	var off int64
	hole := false
	for off < size {
		if u.ctx.Err() != nil {
			return context.Cause(u.ctx)
		}
		n, err := io.ReadFull(content, u.buf[:min(int64(len(u.buf)), size-off)])
		if err != nil {
			return fmt.Errorf("its content ends after %d of %d bytes: %w", off+int64(n), size, err)
		}
		if hole = zero(u.buf[:n]); !hole {
			if _, err := f.WriteAt(u.buf[:n], off); err != nil {
				return err
			}
		}
		off += int64(n)
	}
	if hole {
		return f.Truncate(size)
	}
	return nil
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
	if uid, gid, ok := u.owner(h); ok && !u.plain.owns(h) {
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
	if err := u.attributes(f, h, unset); err != nil {
		return err
	}
	return setTime(int(dir.Fd()), name, h)
}
