package layer

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// inode is what a descriptor refers to.
type inode struct{ dev, ino uint64 }

func identify(f *os.File) (inode, error) {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	return inode{st.Dev, st.Ino}, err
}

// parents are open directories by the name under which the archive has them:
// the next entry is mostly in one of them.
type parents struct {
	root *os.File
	open map[string]*os.File
	// stale: a directory or a link was removed, and any name may have led
	// through it.
	stale bool
}

// maxParents bounds the descriptors.
const maxParents = 128

// add gives f to the cache, which closes it, and may close the others.
func (p *parents) add(path string, f *os.File) {
	if len(p.open) >= maxParents {
		p.forget()
	}
	if old := p.open[path]; old != nil {
		old.Close()
	}
	p.open[path] = f
}

func (p *parents) forget() {
	for path, f := range p.open {
		f.Close()
		delete(p.open, path)
	}
	p.stale = false
}

// nearest is the innermost directory on the way to names that is open, and how
// many names lead to it.
func (p *parents) nearest(names []string) (*os.File, int) {
	if p.stale {
		p.forget()
	}
	path := strings.Join(names, "/")
	for n := len(names); n > 0; n-- {
		if f := p.open[path]; f != nil {
			return f, n
		}
		path = path[:max(0, len(path)-len(names[n-1])-1)]
	}
	return p.root, 0
}

// parent opens the directory that holds the entry. It is made where it is
// missing, since archives leave parents out, and name files below links
// (lib -> usr/lib). It stays open until the next call.
func (u *unpacker) parent(names []string) (*os.File, error) {
	names = names[:len(names)-1]
	dir, n := u.parents.nearest(names)
	for ; n < len(names); n++ {
		f, err := u.into(dir, names[:n+1])
		if err == unix.ELOOP || err == unix.ENOTDIR {
			return u.parentByLinks(names)
		}
		if err != nil {
			return nil, err
		}
		u.parents.add(strings.Join(names[:n+1], "/"), f)
		dir = f
	}
	return dir, nil
}

// impliedMode is the mode of directories that the archive has no entry for, as
// docker makes them.
const impliedMode = 0o755

// into opens the last of names in dir, and makes it if it is missing.
func (u *unpacker) into(dir *os.File, names []string) (*os.File, error) {
	base := names[len(names)-1]
	f, err := openAt(dir, base, dirFlags, 0)
	switch {
	case err == nil && u.o.Whiteouts == Delete:
		return closeOn(errors.Join(u.note(dir, base), u.keepTime(f, strings.Join(names, "/"))), f)
	case err == unix.ENOENT:
		return u.implied(dir, base)
	case err == unix.ENOTDIR && u.isWhiteout(dir, base):
		if err := unix.Unlinkat(int(dir.Fd()), base, 0); err != nil {
			return nil, err
		}
		if f, err = u.implied(dir, base); err != nil {
			return nil, err
		}
		return closeOn(u.marks.opaque(f), f)
	}
	return f, err
}

// dirFlags open a directory, itself, to make entries in.
const dirFlags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW

// closeOn closes f when there is an error.
func closeOn(err error, f *os.File) (*os.File, error) {
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (u *unpacker) implied(dir *os.File, base string) (*os.File, error) {
	f, err := safepath.MkdirAllInRoot(dir, base, impliedMode)
	if err != nil {
		return nil, err
	}
	return closeOn(u.note(dir, base), f)
}

// parentByLinks resolves names the slow way, through links inside of the root.
func (u *unpacker) parentByLinks(names []string) (*os.File, error) {
	path := strings.Join(names, "/")
	f, err := safepath.MkdirAllInRoot(u.root, path, impliedMode)
	if err != nil {
		return nil, err
	}
	u.parents.add(path, f)
	return f, nil
}
