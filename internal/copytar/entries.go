package copytar

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// made is a directory of ours whose attributes are set at the end: what comes
// into it later needs it open, and changes its time.
type made struct {
	names []string
	h     *tar.Header
}

// directory makes a directory, or takes the one that is there as it is.
func (u *unpacker) directory(dir *os.File, names []string, h *tar.Header) error {
	name := names[len(names)-1]
	err := unix.Mkdirat(int(dir.Fd()), name, 0o700)
	if err == nil {
		u.dirs = append(u.dirs, made{names, h})
		return nil
	}
	if err != unix.EEXIST {
		return err
	}
	f, err := openat(dir, name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return errors.New("cannot overwrite something else with a directory")
	}
	return f.Close()
}

// finish sets the attributes of the directories that were made, inner ones first.
func (u *unpacker) finish() error {
	var errs []error
	for n := len(u.dirs) - 1; n >= 0; n-- {
		d := u.dirs[n]
		errs = append(errs, u.finishDir(d))
	}
	return errors.Join(errs...)
}

func (u *unpacker) finishDir(d made) error {
	dir, err := u.parent(d.names)
	if err != nil {
		return err
	}
	defer dir.Close()
	name := d.names[len(d.names)-1]
	f, err := openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := u.attributes(f, d.h); err != nil {
		return err
	}
	return setTime(dir, name, d.h)
}

// file makes a regular file.
func (u *unpacker) file(dir *os.File, name string, h *tar.Header, content io.Reader) (err error) {
	f, err := openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
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
	return setTime(dir, name, h)
}

// rewrite gives a file that is a mount point new content, and nothing else.
func (u *unpacker) rewrite(dir *os.File, name string, content io.Reader) (err error) {
	f, err := openat(dir, name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return errors.New("it is in the way, and no regular file")
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, content, u.buf)
	return err
}

var zeros = make([]byte, 1<<17)

// copy writes the content and leaves holes where it has blocks of zeros.
func (u *unpacker) copy(f *os.File, content io.Reader, size int64) error {
	for off := int64(0); off < size; {
		if err := u.ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(content, u.buf[:min(int64(len(u.buf)), size-off)])
		if err != nil {
			return fmt.Errorf("its content ends after %d of %d bytes: %w", off+int64(n), size, err)
		}
		if !bytes.Equal(u.buf[:n], zeros[:n]) {
			if _, err := f.WriteAt(u.buf[:n], off); err != nil {
				return err
			}
		}
		off += int64(n)
	}
	return f.Truncate(size)
}

// symlink is made as it is, wherever it points.
func (u *unpacker) symlink(dir *os.File, name string, h *tar.Header) error {
	if h.Linkname == "" {
		return errors.New("a link to nothing")
	}
	if err := unix.Symlinkat(h.Linkname, int(dir.Fd()), name); err != nil {
		return err
	}
	if uid, gid, ok := u.owner(h); ok {
		if err := unix.Fchownat(int(dir.Fd()), name, uid, gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	return setTime(dir, name, h)
}

// link makes a second name of a file that came before.
func (u *unpacker) link(dir *os.File, name string, h *tar.Header) error {
	names, err := u.place.rename(h.Linkname)
	if err != nil || len(names) == 0 {
		return fmt.Errorf("hard link to %q, which is not in the archive", h.Linkname)
	}
	from, err := u.parent(names)
	if err != nil {
		return fmt.Errorf("hard link to %q: %w", h.Linkname, err)
	}
	defer from.Close()
	if err := unix.Linkat(int(from.Fd()), names[len(names)-1], int(dir.Fd()), name, 0); err != nil {
		return fmt.Errorf("hard link to %q: %w", h.Linkname, err)
	}
	return nil
}

func (u *unpacker) fifo(dir *os.File, name string, h *tar.Header) error {
	if err := unix.Mknodat(int(dir.Fd()), name, unix.S_IFIFO|0o600, 0); err != nil {
		return err
	}
	f, err := openat(dir, name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := u.attributes(f, h); err != nil {
		return err
	}
	return setTime(dir, name, h)
}

// owner is whom an entry is given to; ok is false where it stays ours.
func (u *unpacker) owner(h *tar.Header) (uid, gid int, ok bool) {
	if u.o.Owner == nil {
		return 0, 0, false
	}
	uid, gid = u.o.Owner(h.Uid, h.Gid)
	return uid, gid, uid >= 0 && gid >= 0
}

// attributes sets the owner, then the mode: a new owner clears setuid bits.
func (u *unpacker) attributes(f *os.File, h *tar.Header) error {
	if uid, gid, ok := u.owner(h); ok {
		if err := unix.Fchown(int(f.Fd()), uid, gid); err != nil {
			return err
		}
	}
	mode := uint32(h.Mode) & 0o7777
	if u.o.Strict {
		mode &^= 0o6000
	}
	return unix.Fchmod(int(f.Fd()), mode)
}

// setTime sets the modification time, as near as the file system can; of dir itself if name
// is "".
func setTime(dir *os.File, name string, h *tar.Header) error {
	ts, err := unix.TimeToTimespec(h.ModTime)
	if err != nil || h.ModTime.IsZero() {
		return nil // outside of what the kernel can express: now is as good
	}
	how := unix.AT_SYMLINK_NOFOLLOW
	if name == "" {
		how = unix.AT_EMPTY_PATH // Linux 5.8
	}
	return unix.UtimesNanoAt(int(dir.Fd()), name, []unix.Timespec{ts, ts}, how)
}
