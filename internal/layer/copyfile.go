package layer

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func (c *copier) link(dir, dst *os.File, base string, st *unix.Stat_t) error {
	text := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(dir.Fd()), base, text)
	if err != nil {
		return err
	}
	if err := unix.Symlinkat(string(text[:n]), int(dst.Fd()), base); err != nil {
		return err
	}
	uid, gid := c.how.Exchange.Ints(int(st.Uid), int(st.Gid))
	err = unix.Fchownat(int(dst.Fd()), base, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
	if err := ignore(err, unix.EINVAL, unix.EPERM); err != nil {
		return err
	}
	return unix.UtimesNanoAt(int(dst.Fd()), base, []unix.Timespec{st.Atim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

func (c *copier) fifo(dir, dst *os.File, base string) error {
	if err := unix.Mknodat(int(dst.Fd()), base, unix.S_IFIFO|0o600, 0); err != nil {
		return err
	}
	// O_NONBLOCK: a fifo opens for reading without a writer.
	in, err := openAt(dir, base, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := openAt(dst, base, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	return c.keepAttributes(in, out)
}

func (c *copier) file(dir, dst *os.File, path, base string) (err error) {
	in, err := openAt(dir, base, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := openAt(dst, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if c.how.Bare {
		if err := bare(in, out, path); err != nil {
			return err
		}
	} else if unix.IoctlFileClone(int(out.Fd()), int(in.Fd())) != nil {
		if err := copyContent(in, out); err != nil {
			return err
		}
	}
	return c.keepAttributes(in, out)
}

// copyContent copies what is not a hole (SEEK_DATA, lseek(2)).
func copyContent(in, out *os.File) error {
	st, err := in.Stat()
	if err != nil {
		return err
	}
	for off := int64(0); off < st.Size(); {
		data, err := unix.Seek(int(in.Fd()), off, unix.SEEK_DATA)
		if err == unix.ENXIO {
			break
		}
		end := st.Size()
		if err != nil {
			data = off // no such question here: all is data
		} else if end, err = unix.Seek(int(in.Fd()), data, unix.SEEK_HOLE); err != nil {
			return err
		}
		if err := copyRange(in, out, data, end); err != nil {
			return err
		}
		off = end
	}
	return out.Truncate(st.Size())
}

func copyRange(in, out *os.File, from, to int64) error {
	for from < to {
		roff, woff := from, from
		n, err := unix.CopyFileRange(int(in.Fd()), &roff, int(out.Fd()), &woff, int(min(to-from, 1<<30)), 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			// Not between these file systems, or not here at all.
			_, err := io.Copy(io.NewOffsetWriter(out, from), io.NewSectionReader(in, from, to-from))
			return err
		}
		from += int64(n)
	}
	return nil
}

// keepAttributes gives a copy the owner, attributes, mode and times of its
// original, in this order: a change of owner clears setuid bits and capabilities.
func (c *copier) keepAttributes(in, out *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(in.Fd()), &st); err != nil {
		return err
	}
	// An id that is not mapped shows as the overflow id: then the copy stays ours.
	uid, gid := c.how.Exchange.Ints(int(st.Uid), int(st.Gid))
	err := unix.Fchown(int(out.Fd()), uid, gid)
	if err := ignore(err, unix.EINVAL, unix.EPERM); err != nil {
		return err
	}
	copyXattrs(in, out)
	if err := unix.Fchmod(int(out.Fd()), st.Mode&0o7777); err != nil {
		return err
	}
	return futimens(out, st.Atim, st.Mtim)
}

// copyXattrs copies what an archive may have too; a file system without
// attributes has none to lose.
func copyXattrs(in, out *os.File) {
	names := make([]byte, 64<<10)
	n, err := unix.Flistxattr(int(in.Fd()), names)
	if err != nil || n <= 0 {
		return
	}
	value := make([]byte, 64<<10)
	for name := range strings.SplitSeq(strings.TrimRight(string(names[:n]), "\x00"), "\x00") {
		if !userAttribute(name) && name != capability {
			continue
		}
		if size, err := unix.Fgetxattr(int(in.Fd()), name, value); err == nil {
			_ = unix.Fsetxattr(int(out.Fd()), name, value[:size], 0) // best effort, as the archive's are
		}
	}
}
