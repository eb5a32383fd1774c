package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// stamp tells one state of a file from another. The time of the change of the inode
// moves with every write and every change of the mode (inode(7)).
type stamp struct {
	dev, ino uint64
	mode     uint32
	size     int64
	changed  unix.Timespec
}

// node is a file or directory that the rule's tree has seen.
type node struct {
	stamp stamp
	seen  bool             // the rule is about it; a directory may only lead there
	kids  map[string]*node // of a directory
	above verdicts         // those on it, of a directory
}

func (n *node) isDir() bool { return n.stamp.mode&unix.S_IFMT == unix.S_IFDIR }

// tree is what a rule has seen of its path.
type tree struct {
	rule   *Rule
	filter filter
	root   *node // nil: there is nothing
	// dirs is told of each directory before it is read, and when it is not there any more.
	dirs directories
	// faults are what could not be looked at.
	faults []error
}

// directories are those that are watched.
type directories interface {
	enter(path string)
	leave(path string)
}

func newTree(r *Rule, dirs directories) (*tree, error) {
	f, err := newFilter(r)
	return &tree{rule: r, filter: f, dirs: dirs}, err
}

// concerns reports that a change of path may be one for the rule.
func (t *tree) concerns(path string) bool {
	rel, ok := below(t.rule.Path, path)
	if !ok {
		_, above := below(path, t.rule.Path)
		return above
	}
	dir := t.root
	if rel == "." || dir == nil || !dir.isDir() {
		return true
	}
	at := t.rule.Path
	for name := range strings.SplitSeq(rel, "/") {
		at = filepath.Join(at, name)
		kid := dir.kids[name]
		switch {
		case kid == nil:
			_, seen, enter, err := t.filter.look(at, dir.above)
			return seen || enter || err != nil
		case !kid.isDir():
			return true
		}
		dir = kid
	}
	return true
}

// has reports a directory that the rule has seen, or that its path is in.
func (t *tree) has(path string) bool {
	rel, ok := below(t.rule.Path, path)
	if !ok {
		return path == filepath.Dir(t.rule.Path)
	}
	dir := t.root
	if rel != "." {
		for name := range strings.SplitSeq(rel, "/") {
			if dir == nil {
				return false
			}
			dir = dir.kids[name]
		}
	}
	return dir != nil && dir.isDir()
}

// touched looks at a path, and at what is below it if that is new: what has changed is
// added to changes, relative to the rule's path. sure: there was an event, so that
// a file that is there has changed.
func (t *tree) touched(path string, sure bool, changes map[string]bool) {
	rel, ok := below(t.rule.Path, path)
	if !ok {
		if _, above := below(path, t.rule.Path); above { // a directory on the way to it
			t.lookAtRoot(false, changes)
		}
		return
	}
	if rel == "." || t.root == nil || !t.root.isDir() {
		t.lookAtRoot(sure && rel == ".", changes)
		return
	}
	at, dir := t.rule.Path, t.root
	names := strings.Split(rel, "/")
	for i, name := range names {
		kid := dir.kids[name]
		if i < len(names)-1 && kid != nil && kid.isDir() {
			at, dir = filepath.Join(at, name), kid
			continue
		}
		t.look(dir, at, name, sure && i == len(names)-1, changes)
		return
	}
}

// compare looks at everything.
func (t *tree) compare(changes map[string]bool) {
	t.lookAtRoot(false, changes)
	if t.root != nil && t.root.isDir() {
		t.read(t.root, t.rule.Path, true, changes)
	}
}

// reread compares the files of one directory.
func (t *tree) reread(path string, changes map[string]bool) {
	rel, ok := below(t.rule.Path, path)
	if !ok || t.root == nil || !t.root.isDir() {
		t.touched(path, false, changes)
		return
	}
	dir := t.root
	if rel != "." {
		for name := range strings.SplitSeq(rel, "/") {
			if dir = dir.kids[name]; dir == nil || !dir.isDir() {
				return
			}
		}
	}
	t.read(dir, path, false, changes)
}

// lookAtRoot looks at the rule's own path.
func (t *tree) lookAtRoot(sure bool, changes map[string]bool) {
	t.dirs.enter(existing(filepath.Dir(t.rule.Path)))
	st, err := lstat(t.rule.Path)
	if err != nil {
		t.gone(t.root, ".", changes)
		t.root = nil
		return
	}
	was := t.root
	if was != nil && (was.isDir() != isDir(st) || was.isDir() && was.stamp.ino != st.ino) {
		t.gone(was, ".", changes)
		was = nil
	}
	v, err := t.filter.start(t.rule.Path)
	if err != nil {
		t.faults = append(t.faults, err)
		return
	}
	t.root = &node{stamp: st, seen: true, above: v}
	switch {
	case !isDir(st):
		if t.root.seen = !v.context.yes; t.root.seen && (was == nil || sure || was.stamp != st) {
			changes["."] = true
		}
	case was != nil:
		t.root = was
		was.stamp = st
		if sure { // its directory says that something happened to it: a new one may have its number
			t.read(was, t.rule.Path, true, changes)
		}
	default:
		t.root.kids = map[string]*node{}
		t.read(t.root, t.rule.Path, true, changes)
	}
}

// look compares one name in a directory.
func (t *tree) look(dir *node, at, name string, sure bool, changes map[string]bool) {
	path := filepath.Join(at, name)
	rel, _ := below(t.rule.Path, path)
	was := dir.kids[name]
	st, err := lstat(path)
	if err != nil || !interesting(st) {
		if err != nil && !missing(err) {
			t.faults = append(t.faults, err)
			return
		}
		t.gone(was, rel, changes)
		delete(dir.kids, name)
		return
	}
	if was != nil && (was.isDir() != isDir(st) || was.isDir() && (was.stamp.ino != st.ino || was.stamp.dev != st.dev)) {
		t.gone(was, rel, changes)
		delete(dir.kids, name)
		was = nil
	}
	if was == nil {
		t.found(dir, path, name, st, changes)
		return
	}
	old := was.stamp
	was.stamp = st
	if was.isDir() {
		if was.seen && old.mode != st.mode {
			changes[rel] = true
		}
		if sure {
			t.read(was, path, true, changes)
		}
		return
	}
	if was.seen && (sure || old != st) {
		changes[rel] = true
	}
}

// found takes up a name that was not there.
func (t *tree) found(dir *node, path, name string, st stamp, changes map[string]bool) {
	v, seen, enter, err := t.filter.look(path, dir.above)
	if err != nil {
		t.faults = append(t.faults, err)
		return
	}
	n := &node{stamp: st, seen: seen}
	if isDir(st) && !enter || !isDir(st) && !seen {
		return
	}
	dir.kids[name] = n
	if rel, _ := below(t.rule.Path, path); seen {
		changes[rel] = true
	}
	if n.isDir() {
		n.kids, n.above = map[string]*node{}, v
		t.read(n, path, true, changes)
	}
}

// read compares a directory's names with those that were seen; deep: also what is below
// them. It is watched before.
func (t *tree) read(dir *node, path string, deep bool, changes map[string]bool) {
	t.dirs.enter(path)
	// What is there may have become a fifo or a link since it was looked at.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		if !missing(err) {
			t.faults = append(t.faults, err)
		}
		return
	}
	names, err := f.Readdirnames(-1)
	f.Close()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.faults = append(t.faults, err)
		return
	}
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
		was := dir.kids[name]
		t.look(dir, path, name, false, changes)
		if is := dir.kids[name]; deep && is != nil && is == was && is.isDir() {
			t.read(is, filepath.Join(path, name), true, changes)
		}
	}
	for name := range dir.kids {
		if !there[name] {
			t.look(dir, path, name, false, changes)
		}
	}
}

// gone notes everything that was at rel and below it.
func (t *tree) gone(n *node, rel string, changes map[string]bool) {
	if n == nil {
		return
	}
	if n.isDir() {
		t.dirs.leave(filepath.Join(t.rule.Path, rel))
	}
	for name, kid := range n.kids {
		t.gone(kid, filepath.Join(rel, name), changes)
	}
	if n.seen && (rel != "." || !n.isDir()) {
		changes[rel] = true
	}
}

// all lists what the rule is about.
func (t *tree) all() []string {
	var list []string
	var add func(n *node, rel string)
	add = func(n *node, rel string) {
		if n.seen && (rel != "." || !n.isDir()) {
			list = append(list, rel)
		}
		for name, kid := range n.kids {
			add(kid, filepath.Join(rel, name))
		}
	}
	if t.root != nil {
		add(t.root, ".")
	}
	slices.Sort(list)
	return list
}

// trouble takes the faults.
func (t *tree) trouble() error {
	err := errors.Join(t.faults...)
	t.faults = nil
	return err
}

// existing is path, or the nearest directory above it that is there.
func existing(path string) string {
	for path != "/" {
		if st, err := lstat(path); err == nil && isDir(st) {
			break
		}
		path = filepath.Dir(path)
	}
	return path
}

func lstat(path string) (stamp, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return stamp{}, &os.PathError{Op: "look at", Path: path, Err: err}
	}
	return stamp{dev: uint64(st.Dev), ino: st.Ino, mode: st.Mode, size: st.Size, changed: st.Ctim}, nil
}

func isDir(st stamp) bool { return st.mode&unix.S_IFMT == unix.S_IFDIR }

// interesting: what a container can have a copy of.
func interesting(st stamp) bool {
	switch st.mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR, unix.S_IFLNK:
		return true
	}
	return false
}

func missing(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR)
}
