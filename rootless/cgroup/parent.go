package cgroup

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A group may stand in a parent, D/PARENT: an inner node without limits of its own.
// What it is good for is that those in it have one weight together. It comes with the
// first group in it and goes with the last.

// IsParent reports that a name can be that of a parent: it is none of a run's, which
// end in a dot and a number, and not that of the leaf.
func IsParent(name string) bool {
	i := strings.LastIndexByte(name, '.')
	run := i >= 0 && strings.Trim(name[i+1:], "0123456789") == ""
	return checkName(name) == nil && !run && name[0] != '.'
}

// enter opens D, or a parent in it that is made if it is not there, with whatever
// controllers it can give to those in it.
func (t *Tree) enter(parent string) (*os.File, error) {
	if parent == "" {
		return openDir(t.dir, ".")
	}
	if !IsParent(parent) {
		return nil, fmt.Errorf("%q cannot be the name of a parent of cgroups", parent)
	}
	path := t.path + "/" + parent
	if err := makeAt(t.dir, parent); err != nil && err != unix.EEXIST {
		return nil, &os.PathError{Op: "make the cgroup", Path: path, Err: err}
	}
	in, err := openDir(t.dir, parent)
	if err != nil {
		return nil, &os.PathError{Op: "open the cgroup", Path: path, Err: err}
	}
	have, err := readAt(in, "cgroup.controllers")
	if err != nil {
		in.Close()
		return nil, err
	}
	for c := range strings.FieldsSeq(have) {
		_ = writeAt(in, "cgroup.subtree_control", "+"+c) // what is missing shows in Unmet
	}
	_ = writeAt(in, "cpu.weight", strconv.Itoa(defaultWeight)) // as one container that asks for nothing
	return in, nil
}

// open opens a group in a directory of the tree.
func (t *Tree) open(in *os.File, parent, name string) (*Group, error) {
	g, err := OpenGroup(in, in.Name(), name)
	if err != nil || parent == "" {
		return g, err
	}
	g.left = func() {
		t.nest.Lock()
		defer t.nest.Unlock()
		_ = removeAt(t.dir, parent) // EBUSY: others are in it
	}
	return g, nil
}

// list divides what is in D, but for the leaf, into parents and groups of runs.
func (t *Tree) list() (parents, names []string, err error) {
	all, err := children(t.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("list the cgroups of %s: %w", t.path, err)
	}
	for _, n := range all {
		switch {
		case n == HolderName:
		case IsParent(n):
			parents = append(parents, n)
		default:
			names = append(names, n)
		}
	}
	return parents, names, nil
}

// openDir opens a directory, with the path that messages have.
func openDir(dir *os.File, name string) (*os.File, error) {
	fd, err := openAt(dir, name, dirFlags)
	if err != nil {
		return nil, err
	}
	path := dir.Name()
	if name != "." {
		path += "/" + name
	}
	return os.NewFile(uintptr(fd), path), nil
}
