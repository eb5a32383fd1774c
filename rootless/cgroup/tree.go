package cgroup

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// HolderName is the leaf of a tree for the project's own processes.
const HolderName = "holder"

// Tree is a delegated subtree. Its methods may be called from several goroutines.
type Tree struct {
	path string
	dir  *os.File

	nest    sync.Mutex // held while a parent comes, is entered, or goes
	mu      sync.Mutex // guards the rest
	enabled []string   // controllers that D's children have
	refused []string   // those that the kernel refused them
}

// maxDepth bounds how deep groups may be below D (cgroup.max.depth). Who is privileged
// inside can make some, and we have to take them apart, a descriptor for each level.
const maxDepth = "64"

// OpenTree opens the directory D, makes its leaf for our own processes, and
// enables for D's children whatever controllers D has, if no process is in D.
func OpenTree(dir string) (*Tree, error) {
	fd, err := unix.Open(dir, dirFlags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open the cgroup", Path: dir, Err: err}
	}
	t := &Tree{path: dir, dir: os.NewFile(uintptr(fd), dir)}
	if err := t.prepare(); err != nil {
		t.dir.Close()
		return nil, err
	}
	return t, nil
}

func (t *Tree) prepare() error {
	var st unix.Statfs_t
	if err := at(t.dir, func(fd int) error { return unix.Fstatfs(fd, &st) }); err != nil {
		return &os.PathError{Op: "statfs", Path: t.path, Err: err}
	}
	if st.Type != unix.CGROUP2_SUPER_MAGIC {
		return fmt.Errorf("%s is no directory of the cgroup v2 hierarchy", t.path)
	}
	if err := makeAt(t.dir, HolderName); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "make the cgroup", Path: t.path + "/" + HolderName, Err: err}
	}
	_ = writeAt(t.dir, "cgroup.max.depth", maxDepth) // in vain where D itself is an administrator's: a precaution less
	return t.enable()
}

// Path is the directory D as it was opened.
func (t *Tree) Path() string { return t.path }

// Close closes D; everything in it stays.
func (t *Tree) Close() error { return t.dir.Close() }

// Controllers are those that groups have, by the names of cgroup.controllers.
func (t *Tree) Controllers() []string {
	_ = t.enable() // a failure shows by what is missing
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.enabled)
}

// enable gives D's children the controllers that D has. As long as a process is in
// D this is put off: the kernel would refuse some, and others would turn D into
// the root of threaded groups.
func (t *Tree) enable() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	have, err := readAt(t.dir, "cgroup.controllers")
	if err != nil {
		return err
	}
	on, err := readAt(t.dir, "cgroup.subtree_control")
	if err != nil {
		return err
	}
	t.enabled = strings.Fields(on)
	missing := slices.DeleteFunc(strings.Fields(have), func(c string) bool {
		return slices.Contains(t.enabled, c) || slices.Contains(t.refused, c)
	})
	if len(missing) == 0 {
		return nil
	}
	if procs, err := readAt(t.dir, "cgroup.procs"); err != nil || procs != "" {
		return err
	}
	for _, c := range missing { // one by one: the kernel takes all of a write or nothing
		if err := writeAt(t.dir, "cgroup.subtree_control", "+"+c); err != nil {
			if err != unix.EBUSY { // somebody came into D: later
				t.refused = append(t.refused, c)
			}
			continue
		}
		t.enabled = append(t.enabled, c)
	}
	return nil
}

// Make makes a fresh group with the limits. A leftover of that name is killed and
// removed first. What of the limits could not be had is told.
func (t *Tree) Make(name string, r *specs.LinuxResources) (*Group, []Unmet, error) {
	return t.MakeIn("", name, r)
}

// MakeIn is Make in a parent ([IsParent]), which is made if it is not there; "" = in D.
func (t *Tree) MakeIn(parent, name string, r *specs.LinuxResources) (*Group, []Unmet, error) {
	if err := t.enable(); err != nil {
		return nil, nil, err
	}
	if err := checkName(name); err != nil {
		return nil, nil, err
	}
	g, err := t.make(parent, name)
	if err != nil {
		return nil, nil, err
	}
	unmet, err := g.begin(r)
	if err != nil {
		_ = removeAt(g.tree, name)
		_ = g.Close()
		return nil, nil, err
	}
	return g, unmet, nil
}

func (t *Tree) make(parent, name string) (*Group, error) {
	t.nest.Lock()
	defer t.nest.Unlock()
	in, err := t.enter(parent)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	err = makeAt(in, name)
	if err == unix.EEXIST {
		if err := removeLeftover(in, name); err != nil {
			return nil, err
		}
		err = makeAt(in, name)
	}
	if err != nil {
		return nil, &os.PathError{Op: "make the cgroup", Path: in.Name() + "/" + name, Err: err}
	}
	return t.open(in, parent, name)
}

// Group opens a group that is there, in whichever parent.
func (t *Tree) Group(name string) (*Group, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	g, err := t.open(t.dir, "", name)
	if !errors.Is(err, os.ErrNotExist) {
		return g, err
	}
	parents, _, listed := t.list()
	if listed != nil {
		return nil, listed
	}
	for _, p := range parents {
		in, err := openDir(t.dir, p)
		if err != nil {
			continue // it has just gone
		}
		g, err := t.open(in, p, name)
		in.Close()
		if !errors.Is(err, os.ErrNotExist) {
			return g, err
		}
	}
	return nil, err
}

// Groups are the names of the groups that are there, without the leaf.
func (t *Tree) Groups() ([]string, error) {
	parents, names, err := t.list()
	if err != nil {
		return nil, err
	}
	for _, p := range parents {
		in, err := openDir(t.dir, p)
		if err != nil {
			continue
		}
		more, err := children(in)
		in.Close()
		if err != nil {
			return nil, fmt.Errorf("list the cgroups of %s/%s: %w", t.path, p, err)
		}
		names = append(names, more...)
	}
	return names, nil
}

// checkName: one name of a directory that is not our own leaf.
func checkName(name string) error {
	switch {
	case name == "", name == ".", name == "..", name == HolderName, strings.ContainsAny(name, "/\n\x00"), len(name) > unix.NAME_MAX:
		return fmt.Errorf("%q cannot be the name of a container's cgroup", name)
	}
	return nil
}
