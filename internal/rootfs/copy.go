package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Copy copies the tree at from into the new directory to: for machines where no
// overlay can be mounted. Contents are shared with the original where the file
// system can do that (FICLONE, ioctl_ficlone(2)). Modes, times, owners that are
// mapped, links, hard links and user attributes are kept; device nodes are left
// out. On an error what was copied is left to the caller to remove.
//
// to is below a directory of ours, so nobody else changes it meanwhile; links in
// the original are copied, never followed.
func Copy(ctx context.Context, from, to string) error {
	c := copier{links: make(map[inode]string)}
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := c.copy(path, target); err != nil {
			return fmt.Errorf("copy %s: %w", path, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.finishDirectories()
}

// copier remembers what belongs together over the whole tree.
type copier struct {
	links map[inode]string // first copy of a file with several names
	dirs  []copiedDir      // their modes and times come last
}

type inode struct{ dev, ino uint64 }

type copiedDir struct {
	path string
	st   unix.Stat_t
}

func (c *copier) copy(from, to string) error {
	var st unix.Stat_t
	if err := unix.Lstat(from, &st); err != nil {
		return err
	}
	var err error
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		c.dirs = append(c.dirs, copiedDir{to, st})
		err = os.Mkdir(to, 0o700)
	case unix.S_IFREG:
		return c.file(from, to, &st)
	case unix.S_IFLNK:
		var text string
		if text, err = os.Readlink(from); err == nil {
			err = os.Symlink(text, to)
		}
	case unix.S_IFIFO:
		err = unix.Mkfifo(to, 0o600)
	default:
		return nil // a device or a socket
	}
	if err != nil {
		return err
	}
	return keepAttributes(from, to, &st)
}

func (c *copier) file(from, to string, st *unix.Stat_t) error {
	key := inode{st.Dev, st.Ino}
	if st.Nlink > 1 {
		if first, ok := c.links[key]; ok {
			return os.Link(first, to)
		}
		c.links[key] = to
	}
	if err := copyContent(from, to); err != nil {
		return err
	}
	return keepAttributes(from, to, st)
}

// copyContent shares the content of a file, or copies it.
func copyContent(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if unix.IoctlFileClone(int(out.Fd()), int(in.Fd())) == nil {
		return nil
	}
	_, err = io.Copy(out, in)
	return err
}

// keepAttributes gives a copy the owner, mode, attributes and times of its
// original; a directory gets mode and times in the end.
func keepAttributes(from, to string, st *unix.Stat_t) error {
	// An id that is not mapped shows as the overflow id: then the copy stays ours.
	if err := unix.Lchown(to, int(st.Uid), int(st.Gid)); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EPERM) {
		return err
	}
	copyUserAttributes(from, to)
	kind := st.Mode & unix.S_IFMT
	if kind == unix.S_IFDIR {
		return nil
	}
	if kind != unix.S_IFLNK {
		if err := unix.Chmod(to, st.Mode&0o7777); err != nil {
			return err
		}
	}
	return setTimes(to, st)
}

func setTimes(path string, st *unix.Stat_t) error {
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{st.Atim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// copyUserAttributes copies what a user may set; a file system without
// attributes has none to lose.
func copyUserAttributes(from, to string) {
	names := make([]byte, 64<<10)
	n, err := unix.Llistxattr(from, names)
	if err != nil || n <= 0 {
		return
	}
	value := make([]byte, 64<<10)
	for name := range strings.SplitSeq(strings.TrimRight(string(names[:n]), "\x00"), "\x00") {
		if !strings.HasPrefix(name, "user.") && name != "security.capability" {
			continue
		}
		if size, err := unix.Lgetxattr(from, name, value); err == nil {
			_ = unix.Lsetxattr(to, name, value[:size], 0) // best effort, as the archive's are
		}
	}
}

// finishDirectories sets modes and times from the leaves up: a directory that
// must not be written to had to be, and filling it changed its times.
func (c *copier) finishDirectories() error {
	for i := len(c.dirs) - 1; i >= 0; i-- {
		d := &c.dirs[i]
		if err := unix.Chmod(d.path, d.st.Mode&0o7777); err != nil {
			return err
		}
		if err := setTimes(d.path, &d.st); err != nil {
			return err
		}
	}
	return nil
}
