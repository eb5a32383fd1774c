package rootfs

import (
	"archive/tar"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// directory is an entry whose attributes are set at the end: entries that come
// later need it open, and change its time.
type directory struct {
	names []string
	h     *tar.Header
}

func (u *unpacker) later(names []string, h *tar.Header) {
	u.dirs = append(u.dirs, directory{names, h})
}

// finish sets the attributes of the directories, inner ones first, since outer
// ones may be closed to us afterwards. Of entries with one name the last counts.
func (u *unpacker) finish() error {
	slices.Reverse(u.dirs)
	slices.SortStableFunc(u.dirs, func(a, b directory) int { return len(b.names) - len(a.names) })
	done := make(map[string]bool, len(u.dirs))
	for _, d := range u.dirs {
		path := strings.Join(d.names, "/")
		if done[path] {
			continue
		}
		done[path] = true
		if err := u.finishDir(path, d.h); err != nil {
			return fmt.Errorf("entry %q: %w", shorten(path), err)
		}
	}
	return nil
}

func (u *unpacker) finishDir(path string, h *tar.Header) error {
	f, err := safepath.OpenInRoot(u.root, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EACCES) {
		// Replaced by a later entry; or below a directory that is closed to
		// us by now, because a link gave it two names.
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	// The time first: a closed directory cannot even be asked for its ".".
	if err := setTime(int(f.Fd()), ".", h); err != nil {
		return err
	}
	return u.attributes(f, h)
}

// attributes sets owner, mode and extended attributes, in this order: a change
// of owner clears setuid bits and capabilities.
func (u *unpacker) attributes(f *os.File, h *tar.Header) error {
	mode := uint32(h.Mode) & 0o7777
	kept := false
	if uid, gid, ok := u.owner(h); ok {
		err := unix.Fchown(int(f.Fd()), uid, gid)
		kept = err == nil
		if err := u.ownerFailed(err); err != nil {
			return err
		}
	}
	if !kept && (h.Uid != 0 || h.Gid != 0) && mode&0o6000 != 0 {
		// It would run as root instead of as its owner.
		if h.Typeflag != tar.TypeDir {
			u.left.setuid++
			mode &^= 0o6000
		}
	}
	if err := unix.Fchmod(int(f.Fd()), mode); err != nil {
		return err
	}
	u.xattrs(f, h)
	return nil
}

// owner is what to give the file to; ok is false where it stays ours.
func (u *unpacker) owner(h *tar.Header) (uid, gid int, ok bool) {
	if u.single {
		return 0, 0, false
	}
	// -1 would mean "leave it" (chown(2)).
	if h.Uid < 0 || h.Gid < 0 || int64(h.Uid) >= math.MaxUint32 || int64(h.Gid) >= math.MaxUint32 {
		u.left.owners++
		return 0, 0, false
	}
	return h.Uid, h.Gid, true
}

// ownerFailed counts an id that is not mapped in our user namespace (EINVAL)
// or that we may not give files to; other errors are passed on.
func (u *unpacker) ownerFailed(err error) error {
	if err == unix.EINVAL || err == unix.EPERM || err == unix.EOVERFLOW {
		u.left.owners++
		return nil
	}
	return err
}

// xattrPrefix marks an extended attribute among the PAX records.
const xattrPrefix = "SCHILY.xattr."

// xattrs sets the attributes that mean something in a container. One that
// cannot be set is counted: not every file system has them.
func (u *unpacker) xattrs(f *os.File, h *tar.Header) {
	for key, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(key, xattrPrefix)
		if !ok {
			continue
		}
		user := strings.HasPrefix(name, "user.") && !strings.HasPrefix(name, "user.overlay.")
		if !user && name != "security.capability" {
			u.left.xattrs++
			continue
		}
		if err := unix.Fsetxattr(int(f.Fd()), name, []byte(value), 0); err != nil {
			u.left.xattrs++
		}
	}
}

// setTime sets the modification time, as near as the file system can.
func setTime(dir int, name string, h *tar.Header) error {
	ts, err := unix.TimeToTimespec(h.ModTime)
	if err != nil {
		return nil // outside of what the kernel can express: now is as good
	}
	return unix.UtimesNanoAt(dir, name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}
