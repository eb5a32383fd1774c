package layer

import (
	"os"

	"golang.org/x/sys/unix"
)

// Attribute reports that an extended attribute is one that layers carry: those
// that mean something in a container, and none that steers an overlay.
func Attribute(name string) bool { return name == capability || userAttribute(name) }

// FileCapability is the value of security.capability as archives have it: without
// the user namespace that it counts in. ok is false for what is none.
func FileCapability(b []byte) (value []byte, ok bool) { return fileCapability(b) }

// IsWhiteout reports that an entry of an open directory, which was looked at, says
// that the layers below have nothing of that name here. inAttributes: the directory
// has whiteouts that are attributes (see Opaque).
func IsWhiteout(dir *os.File, base string, st *unix.Stat_t, inAttributes bool) bool {
	return isMark(dir, base, st, inAttributes)
}

// Opaque is what overlayfs reads of an open directory: "y" = it shows nothing of the
// layers below, "x" = some of its entries are whiteouts by attribute, or "".
func Opaque(dir *os.File) string { return opaqueValue(dir) }
