package delegate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Release leaves D at the end of the project and removes it: the caller, the
// supervisor, moves to the user holder's group, and what is in D besides is killed.
// The scope of systemd goes by itself when it is empty: if the supervisor may not
// leave it, at the supervisor's end.
func (d Delegation) Release(_ context.Context) error {
	h, err := findHierarchy()
	if err != nil {
		return err
	}
	if inode(d.Dir) != d.Inode {
		return nil // it has gone already
	}
	if err := d.leave(h); err != nil {
		if d.By == BySystemd {
			return nil
		}
		return err
	}
	return d.remove()
}

// leave moves the supervisor, and what it has started, to where its parent is, the
// user holder, or else to where it was born.
func (d Delegation) leave(h hierarchy) error {
	own, err := h.dirOf(os.Getpid())
	if err != nil || !below(own, d.Dir) {
		return err
	}
	places := []string{d.From}
	if dir, err := h.dirOf(os.Getppid()); err == nil && !below(dir, d.Dir) {
		places = []string{dir, d.From}
	}
	for _, place := range places {
		var to *group
		if to, err = openGroup(place); err != nil {
			continue
		}
		err = to.move(os.Getpid())
		to.close()
		if err == nil {
			return nil
		}
	}
	return err
}

// remove kills what is in D and removes it. D itself is left to systemd where it is
// a scope's, which expects to find it.
func (d Delegation) remove() error {
	parent, err := openGroup(filepath.Dir(d.Dir))
	if err != nil {
		return err
	}
	defer parent.close()
	g, err := parent.whole(filepath.Base(d.Dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil // systemd was faster
	}
	if err != nil {
		return err
	}
	defer g.Close()
	var st unix.Stat_t
	if err := unix.Fstat(wire.FD(g.Dir()), &st); err != nil || st.Ino != d.Inode {
		return err // another's, that was made since
	}
	ctx, cancel := context.WithTimeout(context.Background(), removalLimit)
	defer cancel()
	if d.By != BySystemd {
		return g.Remove(ctx)
	}
	if err := g.Clear(ctx); err != nil && !g.Gone() { // systemd may be doing the same
		return err
	}
	return nil
}

// discard removes a D that is of no use, or of a holder that has died.
func (s *search) discard(d Delegation) error {
	if inode(d.Dir) != d.Inode {
		return nil
	}
	if own, err := s.h.dirOf(os.Getpid()); err == nil && below(own, d.Dir) {
		if err := d.leave(s.h); err != nil {
			return err
		}
	}
	return d.remove()
}

// Sweep removes the D of a project of which nothing lives any more, by its record.
// For the user holder: a supervisor that ends as it should has done it itself.
func Sweep(record string) error {
	var d Delegation
	sameBoot, err := state.Load(record, &d)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || !sameBoot || inode(d.Dir) != d.Inode || !isV2(d.Dir) {
		return err
	}
	return d.remove()
}

// Below tells whether the D on record is in a directory.
func Below(record, dir string) bool {
	var d Delegation
	if _, err := state.Load(record, &d); err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(dir)
	return err == nil && below(d.Dir, real)
}

// Tidy is for the user holder at its end: if it is in the leaf that was made for it
// below the cgroup it was started in, the latter becomes as it was.
func Tidy() error {
	h, err := findHierarchy()
	if err != nil {
		return nil // there never was one
	}
	own, err := h.dirOf(os.Getpid())
	if err != nil || filepath.Base(own) != userLeaf {
		return err
	}
	g, err := openGroup(filepath.Dir(own))
	if err != nil {
		return err
	}
	defer g.close()
	unlock, err := g.lock(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	for _, name := range g.children() {
		if strings.HasPrefix(name, prefix+"-") {
			return nil // a project of another run directory
		}
	}
	leaf, err := g.child(userLeaf)
	if err != nil {
		return err
	}
	defer leaf.close()
	g.disable() // a group with controllers for its children takes no process
	if err := leaf.pour(g); err != nil {
		return err
	}
	return g.rmdir(userLeaf)
}
