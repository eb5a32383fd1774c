package selection

import (
	"context"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// place is a directory of a walk.
type place struct {
	path string // from the root of the tree
	to   string // from the source
	// What the matchers know of it.
	ignored, excluded, included state
}

func (f *finder) open(path string) (*os.File, error) {
	dir, err := safepath.OpenBeneath(f.tree.Root, path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, &fileError{path, err}
	}
	return dir, nil
}

func sorted(dir *os.File, path string) ([]string, error) {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, &fileError{path, err}
	}
	slices.Sort(names)
	return names, nil
}

// walk takes what is in dir.
func (f *finder) walk(dir *os.File, p place) error {
	if f.ctx.Err() != nil {
		return context.Cause(f.ctx)
	}
	names, err := sorted(dir, p.path)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := f.child(dir, name, p); err != nil {
			return err
		}
	}
	return nil
}

// child takes the entry name of a directory, with what is in it.
func (f *finder) child(dir *os.File, name string, up place) error {
	p := place{path: join(up.path, name), to: join(up.to, name)}
	v, err := f.verdict(&p, up)
	if err != nil {
		return err
	}
	if v.never {
		return nil // it need not even be readable
	}
	var st unix.Stat_t
	err = unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT {
		return nil // it went while we looked
	}
	if err != nil {
		return &fileError{p.path, err}
	}
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	if !v.take && (!isDir || !v.enter) {
		return nil
	}
	e, ok, err := f.entryAt(dir, name, p.path, &st)
	if err != nil || !ok {
		return err
	}
	e.To = p.to
	if !isDir {
		return f.take(e)
	}
	return f.sub(dir, name, p, e, v)
}

// sub goes into a directory.
func (f *finder) sub(dir *os.File, name string, p place, e found, v verdict) error {
	depth := len(f.pending)
	f.pending = append(f.pending, e)
	if v.take {
		if err := f.flush(); err != nil {
			return err
		}
		depth = 0
	}
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if missing(err) || err == unix.ELOOP {
		return &movedError{p.path}
	}
	if err != nil {
		return &fileError{p.path, err}
	}
	sub := os.NewFile(uintptr(fd), name)
	defer sub.Close()
	err = f.walk(sub, p)
	f.pending = f.pending[:min(depth, len(f.pending))]
	return err
}

// verdict is what the patterns say of an entry.
type verdict struct {
	take  bool
	enter bool // a directory: something in it may be taken
	never bool // nor anything in it
}

func (f *finder) verdict(p *place, up place) (v verdict, err error) {
	hidden, ignored, err := f.ignore.matches(p.path, up.ignored)
	if err != nil {
		return v, err
	}
	out, excluded, err := f.exclude.matches(p.to, up.excluded)
	if err != nil {
		return v, err
	}
	p.ignored, p.excluded = ignored, excluded
	v.take = !hidden && !out
	v.enter = (!hidden || f.ignore.takesBack(p.path)) && (!out || f.exclude.takesBack(p.to))
	if f.include.pm != nil {
		var in bool
		if in, p.included, err = f.include.matches(p.to, up.included); err != nil {
			return v, err
		}
		v.take = v.take && in
		v.enter = v.enter && (in || f.include.mayHold(p.to))
	}
	v.never = !v.take && !v.enter
	return v, nil
}

// take notes an entry, and before it the directories that it is in.
func (f *finder) take(e found) error {
	if err := f.flush(); err != nil {
		return err
	}
	f.out = append(f.out, e)
	return nil
}

func (f *finder) flush() error {
	f.out = append(f.out, f.pending...)
	f.pending = f.pending[:0]
	return nil
}

// entry describes what is at path. ok is false for what is left out.
func (f *finder) entry(path string, st *unix.Stat_t) (e found, ok bool, err error) {
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		link, err := readLink(f.tree.Root, path)
		if err != nil {
			return e, false, &fileError{path, err}
		}
		e.link = link
	}
	return f.describe(e, path, st)
}

// entryAt is entry for what is in an open directory.
func (f *finder) entryAt(dir *os.File, name, path string, st *unix.Stat_t) (e found, ok bool, err error) {
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		if e.link, err = readLinkAt(dir, name); err != nil {
			return e, false, &fileError{path, err}
		}
	}
	return f.describe(e, path, st)
}

// rootMode is that of the directory that a context's own root becomes: how it was
// made on the host says nothing.
const rootMode = 0o755

func (f *finder) describe(e found, path string, st *unix.Stat_t) (found, bool, error) {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
		return e, false, nil
	case unix.S_IFCHR, unix.S_IFBLK:
		return e, false, fmt.Errorf("%q is a device, which no image can have: leave it out by a line in .dockerignore", "/"+path)
	}
	e.Path = path
	e.Seen = build.Seen{Mode: st.Mode, Size: st.Size, Mtime: st.Mtim.Nano(), Ctime: st.Ctim.Nano()}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		e.Seen.Size, e.Seen.Ctime = 0, 0 // they change with what is in it
		if path == "" && !f.tree.Owners {
			e.Seen.Mode, e.Seen.Mtime = unix.S_IFDIR|rootMode, 0
		}
	}
	e.dev, e.ino, e.uid, e.gid = st.Dev, st.Ino, st.Uid, st.Gid
	return e, true, nil
}
