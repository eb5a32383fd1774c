package selection

import (
	"context"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// found is an entry, and what its digest needs.
type found struct {
	build.Entry
	dev, ino uint64
	uid, gid uint32
	link     string // of a symbolic link
}

// finder collects what the sources of one copy come to.
type finder struct {
	ctx     context.Context
	tree    *Tree
	ignore  matcher
	exclude matcher
	include matcher // --parents: what a walk is for
	out     []found
	pending []found // directories on the way that nothing was taken of so far
}

// source is one without --parents.
func (f *finder) source(src string) error {
	clean := path.Clean("/" + src)
	fixed, pattern := cut(clean)
	if pattern == "" {
		return f.named(clean, clean)
	}
	matches, err := f.glob(fixed, strings.Split(pattern, "/"))
	if err != nil {
		return err
	}
	for _, m := range matches {
		if err := f.named(m, clean); err != nil {
			return err
		}
	}
	return nil
}

// cut separates the components before the first pattern.
func cut(clean string) (fixed, pattern string) {
	names := split(clean)
	for i, n := range names {
		if isPattern(n) {
			return strings.Join(names[:i], "/"), strings.Join(names[i:], "/")
		}
	}
	return strings.Join(names, "/"), ""
}

// named takes the file or the content of the directory at name.
func (f *finder) named(name, asked string) error {
	at, st, err := f.resolve(name)
	if missing(err) {
		return &NotFoundError{Path: asked}
	}
	if err != nil {
		return &fileError{strings.TrimPrefix(name, "/"), err}
	}
	hidden, up, err := f.ignore.whole(at)
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return f.directory(at, st, hidden, up, asked)
	}
	if hidden {
		return &NotFoundError{asked, f.tree.IgnoreFile}
	}
	base := path.Base(name)
	if out, _, err := f.exclude.matches(base, state{}); out || err != nil {
		return err
	}
	e, ok, err := f.entry(at, st)
	if err != nil || !ok {
		return err
	}
	e.Name = base
	return f.take(e)
}

// directory takes what is in the directory at.
func (f *finder) directory(at string, st *unix.Stat_t, hidden bool, up state, asked string) error {
	if hidden && !f.ignore.takesBack(at) {
		return &NotFoundError{asked, f.tree.IgnoreFile}
	}
	e, _, err := f.entry(at, st)
	if err != nil {
		return err
	}
	n := len(f.out)
	f.pending = append(f.pending[:0], e)
	if !hidden {
		if err := f.flush(); err != nil {
			return err
		}
	}
	dir, err := f.open(at)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := f.walk(dir, place{path: at, ignored: up}); err != nil {
		return err
	}
	f.pending = f.pending[:0]
	if hidden && len(f.out) == n {
		return &NotFoundError{asked, f.tree.IgnoreFile}
	}
	return nil
}

// parents is a source with --parents: DIR/./PATTERN, both may have wildcards.
func (f *finder) parents(src string) (err error) {
	base, pattern, pivot := strings.Cut(src, "/./")
	if !pivot {
		base, pattern = "/", src
	}
	base, pattern = path.Clean("/"+base), strings.TrimPrefix(path.Clean("/"+pattern), "/")
	if pattern == "" {
		return f.source(base)
	}
	exact := !isPattern(base) && !isPattern(pattern)
	if exact {
		if err := f.exists(path.Join(base, pattern)); err != nil {
			return err
		}
	}
	if f.include, err = newMatcher([]string{pattern}); err != nil {
		return &PatternError{File: src, Err: err}
	}
	defer func() { f.include = matcher{} }()
	bases := []string{base}
	if fixed, wild := cut(base); wild != "" {
		if bases, err = f.glob(fixed, strings.Split(wild, "/")); err != nil {
			return err
		}
	}
	n := len(f.out)
	for _, b := range bases {
		if err := f.named(b, b); err != nil {
			return err
		}
	}
	if exact && len(f.out) == n+1 && len(f.exclude.all) == 0 {
		return &NotFoundError{"/" + pattern, f.tree.IgnoreFile}
	}
	return nil
}

func (f *finder) exists(name string) error {
	at, _, err := f.resolve(name)
	if missing(err) {
		return &NotFoundError{Path: name}
	}
	if err != nil {
		return &fileError{strings.TrimPrefix(name, "/"), err}
	}
	if hidden, _, err := f.ignore.whole(at); err != nil || hidden && !f.ignore.takesBack(at) {
		return notFoundOr(err, name, f.tree.IgnoreFile)
	}
	return nil
}

func notFoundOr(err error, name, ignoreFile string) error {
	if err != nil {
		return err
	}
	return &NotFoundError{name, ignoreFile}
}

// glob finds what matches the components of a pattern below the directory fixed.
// Links on the way are not followed.
func (f *finder) glob(fixed string, pattern []string) ([]string, error) {
	at, st, err := f.resolve(fixed)
	if missing(err) || err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil, nil
	}
	if err != nil {
		return nil, &fileError{fixed, err}
	}
	for _, p := range pattern {
		if _, err := filepath.Match(p, ""); err != nil {
			return nil, &PatternError{File: strings.Join(pattern, "/"), Err: err}
		}
	}
	return f.level(at, pattern)
}

func (f *finder) level(at string, pattern []string) (out []string, err error) {
	dir, err := f.open(at)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := sorted(dir, at)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if ok, _ := filepath.Match(pattern[0], n); !ok {
			continue
		}
		name := join(at, n)
		hidden, _, err := f.ignore.whole(name)
		if err != nil {
			return nil, err
		}
		if hidden && !f.ignore.takesBack(name) {
			continue
		}
		if len(pattern) == 1 {
			if !hidden || f.holds(name) {
				out = append(out, name)
			}
			continue
		}
		var st unix.Stat_t
		if f.lstat(name, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		below, err := f.level(name, pattern[1:])
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}

// holds reports whether something in the hidden directory name is not hidden.
func (f *finder) holds(name string) bool {
	probe := &finder{ctx: f.ctx, tree: f.tree, ignore: f.ignore}
	return probe.named(name, name) == nil
}
