package layer

import (
	"archive/tar"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// directory is one whose attributes are set at the end: entries that come later
// need it open, and change its time.
type directory struct {
	path     string // by which it was reached last
	uid, gid int
	mode     int64
	mtime    time.Time
	timeOnly bool // it is of a layer below
}

// remember notes the entry of a directory that is in the tree. Of several the
// last counts.
func (u *unpacker) remember(f *os.File, path string, h *tar.Header) error {
	id, err := identify(f)
	if err != nil {
		return err
	}
	err = u.pending(id, &directory{path: path, uid: h.Uid, gid: h.Gid, mode: h.Mode, mtime: h.ModTime})
	if err != nil || !hasXattrs(h) {
		return err
	}
	// Now, so that they need not be kept.
	open, err := openAt(f, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer open.Close()
	u.xattrs(open, h)
	return nil
}

// keepTime notes the time of a directory of the layers below, which entries
// made in it change.
func (u *unpacker) keepTime(f *os.File, path string) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	id := inode{st.Dev, st.Ino}
	if u.dirs[id] != nil {
		return nil
	}
	return u.pending(id, &directory{path: path, mtime: time.Unix(st.Mtim.Unix()), timeOnly: true})
}

// maxNames bounds the memory for the paths of directories. Those of a whole
// distribution have a few megabytes.
const maxNames = 256 << 20

// pending puts a directory among those to be finished.
func (u *unpacker) pending(id inode, d *directory) error {
	if old := u.dirs[id]; old != nil {
		u.names -= len(old.path)
	}
	if u.names += len(d.path); u.names > maxNames {
		return fmt.Errorf("the paths of its directories have more than %d bytes", maxNames)
	}
	d.path = strings.Clone(d.path) // not with the whole header
	u.dirs[id] = d
	return nil
}

// finish sets the attributes of the directories, inner ones first, since outer
// ones may be closed to us afterwards.
func (u *unpacker) finish() error {
	type pair struct {
		id    inode
		depth int
		d     *directory
	}
	all := make([]pair, 0, len(u.dirs))
	for id, d := range u.dirs {
		all = append(all, pair{id, strings.Count(d.path, "/") + min(len(d.path), 1), d})
	}
	slices.SortFunc(all, func(a, b pair) int { return b.depth - a.depth })
	for _, p := range all {
		if err := u.finishDir(p.id, p.d); err != nil {
			return fmt.Errorf("entry %q: %w", shorten(p.d.path), err)
		}
	}
	return nil
}

func (u *unpacker) finishDir(id inode, d *directory) error {
	f, err := safepath.OpenInRoot(u.root, d.path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EACCES) {
		// Replaced by a later entry; or below a directory that is closed to
		// us by now, because a link gave it two names.
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if now, err := identify(f); err != nil || now != id {
		return err // replaced by another, which has its own record
	}
	h := &tar.Header{Typeflag: tar.TypeDir, Uid: d.uid, Gid: d.gid, Mode: d.mode, ModTime: d.mtime}
	// The time first: a closed directory cannot even be asked for its ".".
	if err := setTime(int(f.Fd()), ".", h); err != nil || d.timeOnly {
		return err
	}
	return u.dirAttributes(f, h)
}

// dirAttributes sets owner and mode. A directory's setuid and setgid bits run
// nothing.
func (u *unpacker) dirAttributes(f *os.File, h *tar.Header) error {
	if uid, gid, ok := u.owner(h); ok && !u.plain.owns(h) {
		if err := u.ownerFailed(unix.Fchown(int(f.Fd()), uid, gid)); err != nil {
			return err
		}
	}
	return unix.Fchmod(int(f.Fd()), uint32(h.Mode)&0o7777)
}
