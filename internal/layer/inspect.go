package layer

import (
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// OpaqueAttribute marks a directory that hides those below it.
const OpaqueAttribute = opaqueAttr

// Attribute reports that an extended attribute is one that layers carry: those
// that mean something in a container, and none that steers an overlay.
func Attribute(name string) bool { return name == capability || userAttribute(name) }

// Xattr is an extended attribute (xattr(7)).
type Xattr struct{ Name, Value string }

// Attributes are those of an open file that layers carry, sorted by name, with
// values as archives have them; none on a file system that keeps none.
func Attributes(f *os.File) []Xattr {
	var out []Xattr
	for _, name := range AttributeNames(f) {
		if !Attribute(name) {
			continue
		}
		b := make([]byte, 64<<10) // XATTR_SIZE_MAX
		n, err := unix.Fgetxattr(int(f.Fd()), name, b)
		if err != nil {
			continue
		}
		b, ok := b[:n], true
		if name == capability {
			b, ok = fileCapability(b)
		}
		if ok {
			out = append(out, Xattr{name, string(b)})
		}
	}
	slices.SortFunc(out, func(a, b Xattr) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// AttributeNames are all that an open file has.
func AttributeNames(f *os.File) []string {
	var small [256]byte
	names := small[:]
	n, err := unix.Flistxattr(int(f.Fd()), names)
	if err == unix.ERANGE {
		names = make([]byte, 64<<10) // XATTR_LIST_MAX
		n, err = unix.Flistxattr(int(f.Fd()), names)
	}
	if err != nil || n <= 0 {
		return nil
	}
	return strings.Split(strings.TrimRight(string(names[:n]), "\x00"), "\x00")
}

// SetAttribute sets an attribute that layers carry.
func SetAttribute(f *os.File, x Xattr) error {
	return unix.Fsetxattr(int(f.Fd()), x.Name, []byte(x.Value), 0)
}

// IsWhiteout reports that an entry of an open directory, which was looked at, says
// that the layers below have nothing of that name here. inAttributes: the directory
// has whiteouts that are attributes (see Opaque).
func IsWhiteout(dir *os.File, base string, st *unix.Stat_t, inAttributes bool) bool {
	return isMark(dir, base, st, inAttributes)
}

// Opaque is what overlayfs reads of an open directory: "y" = it shows nothing of the
// layers below, "x" = some of its entries are whiteouts by attribute, or "".
func Opaque(dir *os.File) string { return opaqueValue(dir) }

// CopyContent copies the content of a file to the empty file out: shared with the
// original where the file system can do that (FICLONE), else without its holes.
func CopyContent(in, out *os.File) error {
	if unix.IoctlFileClone(int(out.Fd()), int(in.Fd())) == nil {
		return nil
	}
	return copyContent(in, out)
}

// SetTimes sets the time of change of an open file.
func SetTimes(f *os.File, mtime unix.Timespec) error { return futimens(f, mtime, mtime) }

// CopyEntry copies an entry of dir that is no directory, and was looked at, with its
// attributes to the directory dst. Devices and sockets are left out.
func CopyEntry(dir, dst *os.File, base string, st *unix.Stat_t) error {
	var c copier
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		return c.link(dir, dst, base, st)
	case unix.S_IFREG:
		return c.file(dir, dst, base, base)
	case unix.S_IFIFO:
		return c.fifo(dir, dst, base)
	}
	return nil
}

// KeepAttributes gives the open file out owner, attributes, mode and times of in.
func KeepAttributes(in, out *os.File) error { return (&copier{}).keepAttributes(in, out) }

// MakeWhiteout says that the layers below have nothing of that name in dir.
func MakeWhiteout(dir *os.File, base string) error { return (&marker{}).whiteout(dir, base) }
