package copytar

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// Options say how Unpack treats what it reads.
type Options struct {
	// Strict is for a stream that is not trusted, on the caller's own files: no
	// link is followed below the destination, what is made belongs to the caller
	// and has no setuid bits.
	Strict bool
	// Archive: the stream is the user's own; it has no root entry that could be
	// renamed, and the destination must be a directory.
	Archive bool
	// Owner translates the ids of an entry; nil = the caller's.
	Owner func(uid, gid int) (int, int)
}

// ErrEmpty is the error of Unpack for a stream without any entry.
var ErrEmpty = errors.New("nothing came to be copied")

type unpacker struct {
	ctx   context.Context
	root  *os.File
	o     Options
	place place
	base  *os.File // the directory of place
	dirs  []made
	left  []string // entries that were left out
	buf   []byte
}

// Unpack reads a stream into dst below root. It returns the names of the entries
// that were left out because they are devices.
func Unpack(ctx context.Context, r io.Reader, root *os.File, dst string, o Options) (left []string, err error) {
	t, err := look(root, dst)
	if err != nil {
		return nil, err
	}
	if o.Archive && !t.isDir {
		return nil, fmt.Errorf("destination %q must be a directory", dst)
	}
	tr := tar.NewReader(r)
	h, err := tr.Next()
	switch {
	case err == io.EOF && o.Archive:
		return nil, nil
	case err == io.EOF:
		return nil, ErrEmpty
	case err != nil:
		return nil, fmt.Errorf("read the archive: %w", err)
	}
	u := &unpacker{ctx: ctx, root: root, o: o, place: place{dir: t.path}, buf: make([]byte, 1<<17)}
	if !o.Archive {
		first, err := split(h.Name)
		if err != nil {
			return nil, fmt.Errorf("entry %q: %w", h.Name, err)
		}
		base := strings.Join(append(first, ".")[:1], "")
		if u.place, err = t.place(base, h.Typeflag == tar.TypeDir); err != nil {
			return nil, err
		}
	}
	u.base, err = safepath.OpenInRoot(root, u.place.dir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, fmt.Errorf("the directory of destination %q: %w", dst, errors.Unwrap(err))
	}
	defer u.base.Close()
	err = errors.Join(u.all(tr, h), u.finish())
	return u.left, err
}

// all makes every entry, of which h is the first.
func (u *unpacker) all(tr *tar.Reader, h *tar.Header) error {
	for {
		if err := u.ctx.Err(); err != nil {
			return err
		}
		if err := u.entry(tr, h); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		var err error
		if h, err = tr.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
	}
}

func (u *unpacker) entry(tr *tar.Reader, h *tar.Header) error {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse, tar.TypeDir, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo:
	case tar.TypeXGlobalHeader:
		return nil
	default:
		u.left = append(u.left, h.Name)
		return nil
	}
	names, err := u.place.rename(h.Name)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if h.Typeflag != tar.TypeDir {
			return errors.New("it is the root of the tree, but not a directory")
		}
		return nil
	}
	dir, err := u.parent(names)
	if err != nil {
		return err
	}
	defer dir.Close()
	name := names[len(names)-1]
	if h.Typeflag == tar.TypeDir {
		return u.directory(dir, names, h)
	}
	mounted, err := clear(dir, name)
	switch {
	case err != nil:
		return err
	case mounted && h.Typeflag == tar.TypeReg:
		return u.rewrite(dir, name, tr)
	case mounted:
		return errors.New("a mount is in the way")
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		return u.symlink(dir, name, h)
	case tar.TypeLink:
		return u.link(dir, name, h)
	case tar.TypeFifo:
		return u.fifo(dir, name, h)
	}
	return u.file(dir, name, h, tr)
}

// parent opens the directory of an entry, and makes it where it is missing.
func (u *unpacker) parent(names []string) (*os.File, error) {
	names = names[:len(names)-1]
	if !u.o.Strict {
		return safepath.MkdirAllInRoot(u.root, u.place.dir+"/"+strings.Join(names, "/"), 0o755)
	}
	dir, err := openat(u.base, ".", unix.O_PATH|unix.O_DIRECTORY, 0)
	for _, n := range names {
		if err != nil {
			return nil, err
		}
		next, nerr := openat(dir, n, unix.O_PATH|unix.O_DIRECTORY, 0)
		if errors.Is(nerr, unix.ENOENT) {
			if nerr = unix.Mkdirat(int(dir.Fd()), n, 0o755); nerr == nil || nerr == unix.EEXIST {
				next, nerr = openat(dir, n, unix.O_PATH|unix.O_DIRECTORY, 0)
			}
		}
		dir.Close()
		dir, err = next, nerr
	}
	return dir, err
}

// clear makes room for something that is no directory. A mount point stays: to
// unlink it would unmount it everywhere (unlink(2) fails with EBUSY only for the
// mounts of the caller's own namespace).
func clear(dir *os.File, name string) (mounted bool, err error) {
	f, err := openat(dir, name, unix.O_PATH, 0)
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	var at, outer unix.Statx_t
	err = errors.Join(mountOf(f, &at), mountOf(dir, &outer))
	switch {
	case err != nil:
		return false, err
	case at.Mode&unix.S_IFMT == unix.S_IFDIR:
		return false, errors.New("cannot overwrite a directory with something else")
	case at.Mnt_id != outer.Mnt_id:
		return true, nil
	}
	return false, unix.Unlinkat(int(dir.Fd()), name, 0)
}

// mountOf fills st with type and mount id (statx(2), Linux 5.8).
func mountOf(f *os.File, st *unix.Statx_t) error {
	const mask = unix.STATX_MNT_ID | unix.STATX_TYPE
	if err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH|unix.AT_SYMLINK_NOFOLLOW, mask, st); err != nil {
		return err
	}
	if st.Mask&mask != mask {
		return unix.EOPNOTSUPP
	}
	return nil
}
