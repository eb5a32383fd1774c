package cgroup

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Group is the cgroup of one run of a container. Its methods may be called from
// several goroutines.
type Group struct {
	name string
	dir  *os.File
	tree *os.File // our own descriptor of D, or of the parent, to remove the group from it
	left func()   // called when it was removed; nil: there is no parent

	removed atomic.Bool

	mu     sync.Mutex // of what follows
	meters *meters    // nil before the first Sample, and after Set
	fresh  bool       // nothing was written to it but by Make
}

// OpenGroup opens a group that is in a directory of the hierarchy, whose path is for
// messages: one that is not of a [Tree], or a whole one, to take it apart.
func OpenGroup(tree *os.File, path, name string) (*Group, error) {
	fd, err := openAt(tree, name, dirFlags)
	if err != nil {
		return nil, &os.PathError{Op: "open the cgroup", Path: path + "/" + name, Err: err}
	}
	up, err := openAt(tree, ".", dirFlags)
	if err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "open the cgroup", Path: path, Err: err}
	}
	return &Group{
		name: name,
		dir:  os.NewFile(uintptr(fd), path+"/"+name),
		tree: os.NewFile(uintptr(up), path),
	}, nil
}

// Name is the group's name in its tree.
func (g *Group) Name() string { return g.name }

// Dir is the group's directory, for births in it. It is closed by Close and Remove.
func (g *Group) Dir() *os.File { return g.dir }

// Close closes the descriptors; the group stays.
func (g *Group) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forgetMeters()
	return errors.Join(g.dir.Close(), g.tree.Close())
}

// Populated tells whether a process lives in the group or in one below it.
func (g *Group) Populated() (bool, error) {
	text, err := readAt(g.dir, "cgroup.events")
	return field([]byte(text), "populated") != 0, err
}

// Frozen tells whether the group stands still.
func (g *Group) Frozen() (bool, error) {
	text, err := readAt(g.dir, "cgroup.events")
	return field([]byte(text), "frozen") != 0, err
}
