package copytar

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// Removed is the type of an entry of a stream for [Mirror] whose name is to be removed.
// The letter is one that tar leaves to its users (pax, "typeflag").
const Removed = 'R'

// maxLeft is how many entries that were left out are told one by one.
const maxLeft = 5

// mirror carries a stream out.
type mirror struct {
	ctx   context.Context
	base  *os.File
	dst   string
	owner func(uid, gid int) (int, int)
	buf   []byte
	swept map[uint64]bool // other mounts that have been looked at
	left  []string
	more  int
}

// obstacle is something in the container that is in the way of an entry: that it is
// tried again changes nothing.
type obstacle struct{ text string }

func (o obstacle) Error() string { return o.text }

// Mirror makes names below dst, which is below root, what a stream says of them: a file
// takes the place of what was there in one step, with the mode of its entry and the ids
// that owner makes of those; an entry of the type [Removed] goes. dst and its parents are made when
// they are needed, and may be links; below dst none is followed. Entries that something
// in the container is in the way of are left out, and told.
//
// Directories that are there keep owner and mode, those that are to be removed and have
// something else in them stay, and so do mount points, which get new content only.
func Mirror(ctx context.Context, r io.Reader, root *os.File, dst string, owner func(uid, gid int) (int, int)) (left []string, err error) {
	m := &mirror{ctx: ctx, dst: path.Clean("/" + dst), owner: owner, buf: make([]byte, 1<<17), swept: map[uint64]bool{}}
	defer func() {
		if m.base != nil {
			m.base.Close()
		}
	}()
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return m.told(), nil
		}
		if err != nil {
			return m.told(), fmt.Errorf("read the archive: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return m.told(), err
		}
		if m.base == nil {
			if m.base, err = m.open(root, h); err != nil {
				return nil, fmt.Errorf("%s: %w", m.dst, err)
			}
			if m.base == nil {
				continue // what is to be removed is in a directory that is not there
			}
			sweep(m.base)
		}
		if err := m.entry(tr, h); err != nil && !m.note(h, err) {
			return m.told(), fmt.Errorf("%s: %w", path.Join(m.dst, h.Name), err)
		}
	}
}

// open opens the destination, and makes it unless something is to be removed.
func (m *mirror) open(root *os.File, h *tar.Header) (*os.File, error) {
	if h.Typeflag != Removed {
		return safepath.MkdirAllInRoot(root, m.dst, 0o755)
	}
	f, err := safepath.OpenInRoot(root, m.dst, unix.O_PATH|unix.O_DIRECTORY)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	return f, err
}

// note takes note of an entry that is left out; false for any other failure.
func (m *mirror) note(h *tar.Header, err error) bool {
	var o obstacle
	switch {
	case !errors.As(err, &o):
		return false
	case len(m.left) < maxLeft:
		m.left = append(m.left, path.Join(m.dst, h.Name)+": "+o.text)
	default:
		m.more++
	}
	return true
}

func (m *mirror) told() []string {
	if m.more > 0 {
		m.left = append(m.left, fmt.Sprintf("and %d more", m.more))
	}
	return m.left
}

func (m *mirror) entry(tr *tar.Reader, h *tar.Header) error {
	names, err := split(h.Name)
	if err != nil || len(names) == 0 {
		return err
	}
	dir, err := m.parent(names[:len(names)-1], h.Typeflag != Removed)
	if err != nil || dir == nil {
		return err
	}
	defer dir.Close()
	name := names[len(names)-1]
	switch h.Typeflag {
	case Removed:
		return remove(dir, name)
	case tar.TypeDir:
		return m.directory(dir, name, h)
	case tar.TypeSymlink:
		return m.symlink(dir, name, h)
	case tar.TypeReg:
		return m.file(dir, name, h, tr)
	}
	return nil
}

// parent opens a directory below the destination, nil if it is not there and is not to be made.
func (m *mirror) parent(names []string, needed bool) (*os.File, error) {
	dir, err := openat(m.base, ".", unix.O_PATH|unix.O_DIRECTORY, 0)
	for _, n := range names {
		if err != nil {
			return nil, err
		}
		next, nerr := openat(dir, n, unix.O_PATH|unix.O_DIRECTORY, 0)
		if errors.Is(nerr, unix.ENOENT) && needed {
			if nerr = unix.Mkdirat(int(dir.Fd()), n, 0o755); nerr == nil || nerr == unix.EEXIST {
				next, nerr = openat(dir, n, unix.O_PATH|unix.O_DIRECTORY, 0)
			}
		}
		if errors.Is(nerr, unix.ENOTDIR) || errors.Is(nerr, unix.ELOOP) {
			nerr = through(dir, n, needed)
		}
		dir.Close()
		if !needed && (nerr == nil && next == nil || errors.Is(nerr, unix.ENOENT)) {
			return nil, nil
		}
		dir, err = next, nerr
	}
	return dir, err
}

// through says why a name that is no directory leads nowhere. Nothing is removed behind
// it, which is no fault.
func through(dir *os.File, name string, needed bool) error {
	switch {
	case !needed:
		return nil
	case isLink(dir, name):
		return obstacle{fmt.Sprintf("%q is a link in the container, and nothing is copied through one: let the target be what it leads to", name)}
	}
	return obstacle{fmt.Sprintf("%q is no directory in the container", name)}
}

func isLink(dir *os.File, name string) bool {
	var st unix.Stat_t
	err := unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

// remove removes one name. What is not there, is a mount or has something in it is left.
func remove(dir *os.File, name string) error {
	f, err := openat(dir, name, unix.O_PATH, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var at, outer unix.Statx_t
	if err := errors.Join(mountOf(f, &at), mountOf(dir, &outer)); err != nil || at.Mnt_id != outer.Mnt_id {
		return err
	}
	how := 0
	if at.Mode&unix.S_IFMT == unix.S_IFDIR {
		how = unix.AT_REMOVEDIR
	}
	err = unix.Unlinkat(int(dir.Fd()), name, how)
	switch err {
	case unix.ENOENT, unix.ENOTEMPTY, unix.EEXIST, unix.EBUSY:
		return nil
	}
	return err
}

// directory makes a directory, also where a file is.
func (m *mirror) directory(dir *os.File, name string, h *tar.Header) error {
	err := unix.Mkdirat(int(dir.Fd()), name, 0o700)
	if err == unix.EEXIST {
		f, oerr := openat(dir, name, unix.O_PATH|unix.O_DIRECTORY, 0)
		if oerr == nil {
			return f.Close()
		}
		if isLink(dir, name) {
			return through(dir, name, true)
		}
		if err = remove(dir, name); err == nil {
			err = unix.Mkdirat(int(dir.Fd()), name, 0o700)
		}
	}
	if err != nil {
		return err
	}
	f, err := openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return errors.Join(m.own(f, h), unix.Fchmod(int(f.Fd()), uint32(h.Mode)&0o7777))
}

// own gives a file the ids of an entry, if the container has them.
func (m *mirror) own(f *os.File, h *tar.Header) error {
	uid, gid := m.owner(h.Uid, h.Gid)
	if err := unix.Fchown(int(f.Fd()), uid, gid); err != nil && err != unix.EINVAL {
		return err
	}
	return nil
}

// symlink makes a link, or puts it in the place of what is there. A link that is being made
// cannot be locked: one that somebody took for a leftover is made again.
func (m *mirror) symlink(dir *os.File, name string, h *tar.Header) error {
	err := unix.Symlinkat(h.Linkname, int(dir.Fd()), name)
	if err != unix.EEXIST {
		return err
	}
	at, err := m.aside(dir)
	if err != nil {
		return err
	}
	for range maxLinks {
		temp := draftName()
		if err = unix.Symlinkat(h.Linkname, int(at.Fd()), temp); err != nil {
			return err
		}
		if err = replace(at, temp, dir, name); err == nil {
			return nil
		}
		if err != unix.ENOENT {
			return errors.Join(err, unix.Unlinkat(int(at.Fd()), temp, 0))
		}
	}
	return err
}

// aside is the directory for the names of drafts that come into dir: the destination, but
// for another mount below it, which nothing can be renamed into.
func (m *mirror) aside(dir *os.File) (*os.File, error) {
	var at, top unix.Statx_t
	if err := errors.Join(mountOf(dir, &at), mountOf(m.base, &top)); err != nil {
		return nil, err
	}
	if at.Mnt_id == top.Mnt_id {
		return m.base, nil
	}
	if !m.swept[at.Mnt_id] {
		m.swept[at.Mnt_id] = true
		sweep(dir)
	}
	return dir, nil
}

// file replaces a regular file; one that is a mount point gets the content only.
func (m *mirror) file(dir *os.File, name string, h *tar.Header, content io.Reader) (err error) {
	mounted, err := mountPoint(dir, name)
	u := &unpacker{ctx: m.ctx, buf: m.buf}
	switch {
	case err != nil:
		return err
	case mounted:
		return u.rewrite(dir, name, content)
	}
	at, err := m.aside(dir)
	if err != nil {
		return err
	}
	d, err := newDraft(at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := u.copy(d.File, content, h.Size); err != nil {
		return err
	}
	if err := errors.Join(m.own(d.File, h), unix.Fchmod(int(d.Fd()), uint32(h.Mode)&0o7777), setTime(d.File, "", h)); err != nil {
		return err
	}
	return d.publish(dir, name)
}

// mountPoint reports a regular file that something is mounted on.
func mountPoint(dir *os.File, name string) (bool, error) {
	f, err := openat(dir, name, unix.O_PATH, 0)
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	var at, outer unix.Statx_t
	if err := errors.Join(mountOf(f, &at), mountOf(dir, &outer)); err != nil {
		return false, err
	}
	return at.Mnt_id != outer.Mnt_id && at.Mode&unix.S_IFMT == unix.S_IFREG, nil
}
