package harvest

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// Extract fills the empty directory upper with what tree has and below has not, as
// an overlay above below would have it: for machines without overlays, where a
// step works in a copy of what is below. Nobody writes to any of them. since is a
// moment after the copy was complete: a file that was not touched after it need not
// be read; zero: all files are compared.
func Extract(ctx context.Context, tree, below, upper *os.File, since time.Time) error {
	x := &extractor{ctx: ctx, since: since, upper: upper, links: map[inode]string{}, buf: make([]byte, 256<<10)}
	top := &level{tree: tree, upper: upper}
	err := x.directory(top, below)
	var e *entryError
	if err != nil && !errors.As(err, &e) && ctx.Err() == nil {
		return &entryError{"", err}
	}
	return err
}

type extractor struct {
	ctx   context.Context
	since time.Time
	upper *os.File
	links map[inode]string // where in upper a file with several names is
	buf   []byte
}

// level is a directory of the tree; in upper it is made when something in it is.
type level struct {
	up    *level
	tree  *os.File
	name  string
	path  string
	upper *os.File // nil: not made so far
}

// make makes the directory in upper, and those that it is in.
func (l *level) make() (*os.File, error) {
	if l.upper != nil {
		return l.upper, nil
	}
	dir, err := l.up.make()
	if err != nil {
		return nil, err
	}
	if err := unix.Mkdirat(int(dir.Fd()), l.name, 0o700); err != nil {
		return nil, err
	}
	l.upper, err = openAt(dir, l.name, unix.O_RDONLY|unix.O_DIRECTORY)
	return l.upper, err
}

// done gives a directory that was made its attributes.
func (l *level) done() error {
	if l.upper == nil {
		return nil
	}
	return errors.Join(layer.KeepAttributes(l.tree, l.upper), l.upper.Close())
}

func names(dir *os.File) ([]string, error) {
	if dir == nil {
		return nil, nil
	}
	d, err := openAt(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, err := d.Readdirnames(-1)
	slices.Sort(list)
	return list, err
}

func (x *extractor) directory(l *level, below *os.File) error {
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	have, err := names(l.tree)
	if err != nil {
		return err
	}
	old, err := names(below)
	if err != nil {
		return err
	}
	for _, n := range old {
		if _, ok := slices.BinarySearch(have, n); ok {
			continue
		}
		dir, err := l.make()
		if err == nil {
			err = layer.MakeWhiteout(dir, n)
		}
		if err != nil {
			return &entryError{join(l.path, n), err}
		}
	}
	for _, n := range have {
		if err := x.entry(l, below, n); err != nil {
			var e *entryError
			if !errors.As(err, &e) && x.ctx.Err() == nil {
				err = &entryError{join(l.path, n), err}
			}
			return err
		}
	}
	return nil
}

func (x *extractor) entry(l *level, below *os.File, name string) error {
	var st, old unix.Stat_t
	if err := unix.Fstatat(int(l.tree.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	there, err := under(below, name, &old)
	if err != nil {
		return err
	}
	same := there && kind(&st) == kind(&old)
	if kind(&st) == unix.S_IFDIR {
		return x.sub(l, below, name, &st, &old, same)
	}
	if same {
		if same, err = x.unchanged(l.tree, below, name, &st, &old); same || err != nil {
			return err
		}
	}
	if k := kind(&st); k != unix.S_IFREG && k != unix.S_IFLNK && k != unix.S_IFIFO {
		if !there {
			return nil
		}
		return x.hide(l, name) // a device or a socket took its place
	}
	dir, err := l.make()
	if err != nil {
		return err
	}
	return x.copy(l, dir, name, &st)
}

func (x *extractor) hide(l *level, name string) error {
	dir, err := l.make()
	if err != nil {
		return err
	}
	return layer.MakeWhiteout(dir, name)
}

func (x *extractor) copy(l *level, dir *os.File, name string, st *unix.Stat_t) error {
	id := inode{st.Dev, st.Ino}
	if first, ok := x.links[id]; ok && st.Nlink > 1 {
		up, base := splitPath(first)
		from, err := safepath.OpenBeneath(x.upper, up, unix.O_PATH|unix.O_DIRECTORY)
		if err != nil {
			return err
		}
		defer from.Close()
		return unix.Linkat(int(from.Fd()), base, int(dir.Fd()), name, 0)
	}
	x.links[id] = join(l.path, name)
	return layer.CopyEntry(l.tree, dir, name, st)
}

func (x *extractor) sub(l *level, below *os.File, name string, st, old *unix.Stat_t, same bool) (err error) {
	tree, err := openAt(l.tree, name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer tree.Close()
	next := &level{up: l, tree: tree, name: name, path: join(l.path, name)}
	defer func() { err = errors.Join(err, next.done()) }()
	var under *os.File
	if same {
		if under, err = openAt(below, name, unix.O_RDONLY|unix.O_DIRECTORY); err != nil {
			return err
		}
		defer under.Close()
	}
	if !same || !equalOwner(st, old) || !equalAttributes(tree, under) {
		if _, err := next.make(); err != nil {
			return err
		}
	}
	return x.directory(next, under)
}

// unchanged compares two entries of one kind.
func (x *extractor) unchanged(tree, below *os.File, name string, st, old *unix.Stat_t) (bool, error) {
	if !equalStat(st, old) || st.Size != old.Size {
		return false, nil
	}
	switch kind(st) {
	case unix.S_IFLNK:
		a, err := readLink(tree, name)
		if err != nil {
			return false, err
		}
		b, err := readLink(below, name)
		return a == b, err
	case unix.S_IFREG:
		if !x.since.IsZero() && st.Ctim.Nano() < x.since.UnixNano() {
			return true, nil
		}
		f, err := openAt(tree, name, unix.O_RDONLY|unix.O_NONBLOCK)
		if err != nil {
			return false, err
		}
		defer f.Close()
		h := &harvester{ctx: x.ctx, buf: x.buf}
		return h.equalFile(f, below, &item{name: name, st: *st})
	}
	return true, nil
}
