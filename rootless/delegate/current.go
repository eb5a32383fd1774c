package delegate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// current makes D below the cgroup that we are in: a service of a system without a
// manager for users, a container, a scope that somebody has made for us.
func (s *search) current(ctx context.Context) (Delegation, error) {
	g, err := s.currentGroup()
	if err != nil {
		return Delegation{}, err
	}
	defer g.close()
	return s.layOut(ctx, g, ByCurrent)
}

// currentGroup is the group that we are in, or were before it was divided, if it is
// ours to divide.
func (s *search) currentGroup() (_ *group, err error) {
	if s.from == "" {
		return nil, errors.New("our own cgroup is not to be seen below " + s.h.mount)
	}
	base := s.from
	if filepath.Base(base) == userLeaf {
		base = filepath.Dir(base)
	}
	g, err := openGroup(base)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if err := g.usable(); err != nil {
		return nil, err
	}
	for _, name := range g.children() {
		if !strings.HasPrefix(name, prefix) {
			return nil, fmt.Errorf("the cgroup %s has groups of somebody else in it (%s)", g.path, name)
		}
	}
	return g, s.noStranger(g)
}

// usable tells whether a group is ours to divide.
func (g *group) usable() error {
	if kind, err := g.read("cgroup.type"); err == nil && strings.TrimSpace(kind) != "domain" {
		return fmt.Errorf("the cgroup %s is %s, not a domain", g.path, strings.TrimSpace(kind))
	}
	for _, file := range []string{"", "cgroup.procs", "cgroup.subtree_control"} {
		path := filepath.Join(g.path, file)
		if err := writable(path); err != nil {
			return fmt.Errorf("%s is not ours to write: %w", path, err)
		}
	}
	return nil
}

func writable(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
}

// layOut makes D below a group that is ours: its processes go into a leaf, its
// controllers to its children. The lock is for the other projects' supervisors.
func (s *search) layOut(ctx context.Context, g *group, by string) (d Delegation, err error) {
	unlock, err := g.lock(ctx)
	if err != nil {
		return d, err
	}
	defer unlock()
	if !g.isRoot() {
		if err := s.clear(g); err != nil {
			return d, err
		}
	}
	g.enable()
	name := dirName(s.Project)
	if err := g.remove(name); err != nil { // of a holder that was killed
		return d, err
	}
	c, err := g.child(name)
	if err != nil {
		return d, err
	}
	defer c.close()
	d = Delegation{Dir: c.path, By: by, From: s.from, Inode: inode(c.path)}
	if s.from == g.path && !g.isRoot() {
		d.From = filepath.Join(g.path, userLeaf)
	}
	if err := s.settle(ctx, d); err != nil {
		return d, errors.Join(err, g.rmdir(name))
	}
	return d, nil
}

// isRoot tells the root of the hierarchy, which may have processes beside children
// ("No Internal Process Constraint") and no cgroup.events.
func (g *group) isRoot() bool {
	_, err := g.read("cgroup.events")
	return errors.Is(err, unix.ENOENT)
}

// clear moves the processes of a group into the leaf of the user holder.
func (s *search) clear(g *group) error {
	pids, err := g.processes()
	if err != nil || len(pids) == 0 {
		return err
	}
	if err := s.noStranger(g); err != nil {
		return err
	}
	leaf, err := g.child(userLeaf)
	if err != nil {
		return err
	}
	defer leaf.close()
	return g.pour(leaf)
}

// noStranger is an error if a group holds a process that is not ours to move.
func (s *search) noStranger(g *group) error {
	if g.isRoot() {
		return nil
	}
	pids, err := g.processes()
	for _, pid := range pids {
		if who, ok := s.stranger(pid); ok {
			return &strangerError{g.path, who}
		}
	}
	return err
}

// strangerError: a group holds a process that is not ours to move.
type strangerError struct{ dir, who string }

func (e *strangerError) Error() string {
	return fmt.Sprintf("the cgroup %s holds a process that is not of mocker-compose (%s)", e.dir, e.who)
}

// stranger tells whether a process is none of ours, and its name. Command lines are
// outside of our user namespace, so that their program cannot be looked up (ptrace(2),
// access mode checking); then the name is what tells. All of it is the same user's.
func (s *search) stranger(pid int) (string, bool) {
	if pid == s.Holder || pid == s.Supervisor {
		return "", false
	}
	if pid == 0 {
		return "of another pid namespace", true
	}
	proc := "/proc/" + strconv.Itoa(pid)
	comm, err := os.ReadFile(proc + "/comm")
	if err != nil {
		return "", false // it has ended
	}
	name := strings.TrimSpace(string(comm))
	if sameProgram(proc) || name == prefix {
		return "", false
	}
	return fmt.Sprintf("%s, process %d", name, pid), true
}

func sameProgram(proc string) bool {
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return false
	}
	its, err := os.Stat(proc + "/exe")
	return err == nil && os.SameFile(own, its)
}

// lockLimit bounds the wait for a lock. Whoever may list the directory can hold one, a
// stranger too: he must not stop us for good.
const lockLimit = 10 * time.Second

// lock is held while a group is divided or put together again.
func (g *group) lock(ctx context.Context) (unlock func(), err error) {
	d, err := g.root.Open(".")
	if err != nil {
		return nil, err
	}
	const step = 10 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	for {
		err = unix.Flock(wire.FD(d), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return func() { d.Close() }, nil
		case errors.Is(err, unix.EAGAIN):
			err = errors.New("another process holds it")
		case !errors.Is(err, unix.EINTR):
			d.Close()
			return nil, fmt.Errorf("lock %s: %w", g.path, err)
		}
		select {
		case <-time.After(step):
		case <-ctx.Done():
			d.Close()
			return nil, fmt.Errorf("lock %s: %w", g.path, err)
		}
	}
}
