package layer

import (
	"archive/tar"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// plainFile is what a new file has without our doing, so that for most files
// there is nothing to set.
type plainFile struct {
	bits uint32 // of the mode; what the umask leaves
	root bool   // it belongs to root
}

// probe makes a file without a name. Where there are none of that kind
// (O_TMPFILE, open(2)) everything is set.
func (p *plainFile) probe(dir *os.File, w Whiteouts) error {
	f, err := openAt(dir, ".", unix.O_TMPFILE|unix.O_RDWR, 0o777)
	if err != nil {
		return ignore(err, unix.EOPNOTSUPP, unix.EISDIR, unix.ENOENT, unix.EINVAL)
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	p.bits = st.Mode & 0o777
	// A directory of the layers below may hand its group down.
	p.root = st.Uid == 0 && st.Gid == 0 && w != Delete
	return nil
}

// mode is the mode to make the file with: the entry's, if it comes out so.
func (p *plainFile) mode(h *tar.Header) uint32 {
	if m := uint32(h.Mode) & 0o7777; m&^p.bits == 0 {
		return m
	}
	return 0o600
}

// unset is no mode at all.
const unset = ^uint32(0)

// owns reports that a new file has the entry's owner.
func (p *plainFile) owns(h *tar.Header) bool { return p.root && h.Uid == 0 && h.Gid == 0 }

// attributes sets owner, mode (of a file that was made with the mode made), and
// extended attributes, in this order: a change of owner clears setuid bits and
// capabilities.
func (u *unpacker) attributes(f *os.File, h *tar.Header, made uint32) error {
	mode := uint32(h.Mode) & 0o7777
	owned := u.plain.owns(h)
	if uid, gid, ok := u.owner(h); ok && !owned {
		err := unix.Fchown(int(f.Fd()), uid, gid)
		owned = err == nil
		if err := u.ownerFailed(err); err != nil {
			return err
		}
	}
	if !owned && (h.Uid != 0 || h.Gid != 0) && mode&0o6000 != 0 {
		// It would run as root instead of as its owner.
		u.st.Left.Setuid++
		mode &^= 0o6000
	}
	if mode != made {
		if err := unix.Fchmod(int(f.Fd()), mode); err != nil {
			return err
		}
	}
	u.xattrs(f, h)
	return nil
}

// owner is what to give the file to; ok is false where it stays ours.
func (u *unpacker) owner(h *tar.Header) (uid, gid int, ok bool) {
	if u.o.Single {
		return 0, 0, false
	}
	// -1 would mean "leave it" (chown(2)).
	if h.Uid < 0 || h.Gid < 0 || int64(h.Uid) >= math.MaxUint32 || int64(h.Gid) >= math.MaxUint32 {
		u.st.Left.Owners++
		return 0, 0, false
	}
	return h.Uid, h.Gid, true
}

// ownerFailed counts an id that is not mapped in our user namespace (EINVAL)
// or that we may not give files to; other errors are passed on.
func (u *unpacker) ownerFailed(err error) error {
	if err == unix.EINVAL || err == unix.EPERM || err == unix.EOVERFLOW {
		u.st.Left.Owners++
		return nil
	}
	return err
}

// setTime sets the modification time, as near as the file system can.
func setTime(dir int, name string, h *tar.Header) error {
	ts, err := unix.TimeToTimespec(h.ModTime)
	if err != nil {
		return nil // outside of what the kernel can express: now is as good
	}
	return unix.UtimesNanoAt(dir, name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}
