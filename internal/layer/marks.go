package layer

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Attributes of overlayfs mounted with userxattr (Documentation/filesystems/overlayfs.rst).
const (
	opaqueAttr   = "user.overlay.opaque"   // "y"; "x" = the directory holds whiteouts that are attributes
	whiteoutAttr = "user.overlay.whiteout" // of an empty file, since Linux 6.7
)

var forceAttributes atomic.Bool

func init() { forceAttributes.Store(os.Getenv("MOCKER_FORCE_NO_WHITEOUT_DEVICES") != "") }

// ForceAttributes makes whiteouts as on a file system that takes no devices. For
// tests; the program does it when MOCKER_FORCE_NO_WHITEOUT_DEVICES is set.
func ForceAttributes(on bool) { forceAttributes.Store(on) }

// marker makes whiteouts. They are character devices 0:0, which everybody may
// make since Linux 5.8; where the file system takes none, empty files with an
// attribute.
type marker struct {
	attributes bool
}

func (m *marker) whiteout(dir *os.File, base string) error {
	d, err := openAt(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	if opaqueValue(d) == "y" {
		return nil // there is nothing to hide, and the kernel would list it
	}
	if !m.attributes && !forceAttributes.Load() {
		err := unix.Mknodat(int(dir.Fd()), base, unix.S_IFCHR, 0)
		if err != unix.EPERM && err != unix.EACCES && err != unix.EOPNOTSUPP && err != unix.EINVAL && err != unix.ENOSYS {
			return err
		}
	}
	m.attributes = true
	f, err := openAt(dir, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Fsetxattr(int(f.Fd()), whiteoutAttr, []byte("y"), 0); err != nil {
		return err
	}
	return unix.Fsetxattr(int(d.Fd()), opaqueAttr, []byte("x"), 0)
}

// opaqueValue is what overlayfs reads of a directory: "y", "x" or nothing.
func opaqueValue(dir *os.File) string {
	b := make([]byte, 1)
	n, err := unix.Fgetxattr(int(dir.Fd()), opaqueAttr, b)
	if err != nil {
		return ""
	}
	return string(b[:n])
}

// opaque marks a directory as one that shows nothing of the layers below.
func (m *marker) opaque(dir *os.File) error {
	f, err := openAt(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := m.removeAll(f); err != nil {
		return err
	}
	if err := unix.Fsetxattr(int(f.Fd()), opaqueAttr, []byte("y"), 0); err != nil {
		return fmt.Errorf("mark the directory as opaque (%s): %w: images need a file system with user attributes, as ext4, xfs and btrfs are", opaqueAttr, err)
	}
	return nil
}

// removeAll removes whiteouts, which an opaque directory does not need, and
// which overlayfs lists where it has nothing to merge.
func (m *marker) removeAll(dir *os.File) error {
	bases, err := dir.Readdirnames(-1)
	for _, base := range bases {
		if m.is(dir, base) {
			err = errors.Join(err, unix.Unlinkat(int(dir.Fd()), base, 0))
		}
	}
	return err
}

// is reports whether the entry is a whiteout. Symbolic links are not followed.
func (m *marker) is(dir *os.File, base string) bool {
	var st unix.Stat_t
	if unix.Fstatat(int(dir.Fd()), base, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return false
	}
	return isMark(dir, base, &st, m.attributes)
}

// isMark is the same for an entry that was looked at; attributes says whether
// its directory has whiteouts that are attributes.
func isMark(dir *os.File, base string, st *unix.Stat_t, attributes bool) bool {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFCHR:
		return st.Rdev == 0
	case unix.S_IFREG:
		if st.Size != 0 || !attributes {
			return false
		}
		f, err := openAt(dir, base, unix.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return false
		}
		defer f.Close()
		n, err := unix.Fgetxattr(int(f.Fd()), whiteoutAttr, nil)
		return err == nil && n >= 0
	}
	return false
}
