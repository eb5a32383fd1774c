package delegate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// group is an open directory of cgroup v2. All that is done to it goes by the
// descriptor: another directory of the same name is never meant.
type group struct {
	path string
	root *os.Root
}

func openGroup(dir string) (*group, error) {
	if !isV2(dir) {
		if _, err := os.Stat(dir); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s is not a directory of cgroup v2", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &group{dir, root}, nil
}

func (g *group) close() { g.root.Close() }

// child opens a group below, which is made if need be.
func (g *group) child(name string) (*group, error) {
	if err := g.root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the cgroup %s: %w", filepath.Join(g.path, name), bare(err))
	}
	root, err := g.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &group{filepath.Join(g.path, name), root}, nil
}

func (g *group) read(file string) (string, error) {
	b, err := g.root.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", filepath.Join(g.path, file), bare(err))
	}
	return string(b), nil
}

func (g *group) write(file, text string) error {
	f, err := g.root.OpenFile(file, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		return fmt.Errorf("write %s into %s: %w", text, filepath.Join(g.path, file), bare(err))
	}
	return nil
}

// bare is the error number in an error of the package os.
func bare(err error) error {
	var e unix.Errno
	if errors.As(err, &e) {
		return e
	}
	return err
}

// processes are the ids of those in the group itself. 0 is one of another pid namespace.
func (g *group) processes() ([]int, error) {
	text, err := g.read("cgroup.procs")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, f := range strings.Fields(text) {
		if n, err := strconv.Atoi(f); err == nil {
			pids = append(pids, n)
		}
	}
	return pids, nil
}

// move puts a process into the group. One that has ended meanwhile is no error.
func (g *group) move(pid int) error {
	err := g.write("cgroup.procs", strconv.Itoa(pid))
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// pour moves all processes of g into another group. Those that are born meanwhile
// are seen by the next look.
func (g *group) pour(into *group) error {
	const rounds = 200
	for range rounds {
		pids, err := g.processes()
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, pid := range pids {
			if err := into.move(pid); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s does not become empty", g.path)
}

// controllers are those that the children of g can have.
func (g *group) controllers() []string {
	text, err := g.read("cgroup.controllers")
	if err != nil {
		return nil
	}
	return strings.Fields(text)
}

// enable gives the children of g what controllers there are, one by one: one that
// cannot be had (cpuset in a cgroup with threads in real time, say) leaves the others.
func (g *group) enable() {
	have, _ := g.read("cgroup.subtree_control")
	for _, c := range g.controllers() {
		if slices.Contains(Wanted, c) && !slices.Contains(strings.Fields(have), c) {
			_ = g.write("cgroup.subtree_control", "+"+c) // what is missing is found by the look at D
		}
	}
}

// disable takes all controllers from the children.
func (g *group) disable() {
	have, _ := g.read("cgroup.subtree_control")
	for _, c := range strings.Fields(have) {
		_ = g.write("cgroup.subtree_control", "-"+c) // a child that uses it: the group stays as it is
	}
}

// children are the names of the groups below.
func (g *group) children() []string {
	entries, err := fs.ReadDir(g.root.FS(), ".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// emptied tells whether no process is in the group or below (cgroup.events).
func (g *group) emptied() bool {
	text, err := g.read("cgroup.events")
	return err != nil || strings.Contains(text, "populated 0")
}

// removalLimit bounds the wait for killed processes to be gone.
const removalLimit = 5 * time.Second

// whole opens a child to take it apart, with all that is in it.
func (g *group) whole(name string) (*cgroup.Group, error) {
	d, err := g.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return cgroup.OpenGroup(d, g.path, name)
}

// remove kills all that is in a child of g, waits until it has ended, and removes the
// child with all that is below.
func (g *group) remove(name string) error {
	c, err := g.whole(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), removalLimit)
	defer cancel()
	if err := c.Remove(ctx); err != nil {
		return errors.Join(err, c.Close())
	}
	return nil
}

// rmdir removes an empty child and what is below.
func (g *group) rmdir(name string) error {
	if root, err := g.root.OpenRoot(name); err == nil {
		c := &group{filepath.Join(g.path, name), root}
		for _, below := range c.children() {
			_ = c.rmdir(below) // if it fails, so does the removal of c
		}
		c.close()
	}
	err := g.root.Remove(name) // of its files none can be removed, nor need be
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove the cgroup %s: %w", filepath.Join(g.path, name), bare(err))
	}
	return nil
}
