package layer

import (
	"archive/tar"
	"encoding/binary"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// xattrPrefix marks an extended attribute among the PAX records.
const xattrPrefix = "SCHILY.xattr."

const capability = "security.capability"

// steering are attributes that tell overlayfs, fuse-overlayfs and their like
// what a directory is: they are ours to set.
var steering = []string{"user.overlay.", "user.fuseoverlayfs.", "user.containers.", "user.rootlesscontainers"}

func hasXattrs(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, xattrPrefix) {
			return true
		}
	}
	return false
}

// xattrs sets the attributes that mean something in a container. One that
// cannot be set is counted: not every file system has them.
func (u *unpacker) xattrs(f *os.File, h *tar.Header) {
	for key, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(key, xattrPrefix)
		if !ok {
			continue
		}
		b := []byte(value)
		if name == capability {
			b, ok = fileCapability(b)
		} else {
			ok = userAttribute(name)
		}
		if !ok || unix.Fsetxattr(int(f.Fd()), name, b, 0) != nil {
			u.st.Left.Xattrs++
		}
	}
}

func userAttribute(name string) bool {
	for _, s := range steering {
		if strings.HasPrefix(name, s) {
			return false
		}
	}
	return strings.HasPrefix(name, "user.")
}

// Layout of security.capability: linux/capability.h, struct vfs_ns_cap_data.
const (
	capRevisionMask = 0xff000000
	capRevision2    = 0x02000000
	capRevision3    = 0x03000000
	capSize2        = 20
	capSize3        = 24
)

// fileCapability makes revision 2 of revision 3, which names the root of the
// user namespace that it counts in: the archive's means nothing here. The
// kernel makes revision 3, for our root, of what we set
// (cap_convert_nscap, security/commoncap.c).
func fileCapability(b []byte) ([]byte, bool) {
	if len(b) < 4 {
		return nil, false
	}
	magic := binary.LittleEndian.Uint32(b)
	switch {
	case magic&capRevisionMask == capRevision2 && len(b) == capSize2:
		return b, true
	case magic&capRevisionMask == capRevision3 && len(b) == capSize3:
		b = append([]byte(nil), b[:capSize2]...)
		binary.LittleEndian.PutUint32(b, magic&^capRevisionMask|capRevision2)
		return b, true
	}
	return nil, false
}
