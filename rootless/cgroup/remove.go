package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Remove kills what runs in the group, waits until nothing is left, and removes
// the group with those below it. A group that is gone is no error. On success the
// group is closed, and once more is no error; else it can be tried again.
func (g *Group) Remove(ctx context.Context) error {
	if g.removed.Load() {
		return nil
	}
	if err := g.end(ctx); err != nil {
		return err
	}
	if err := removeBelow(ctx, g.tree, g.name); err != nil {
		return fmt.Errorf("remove the cgroup %s: %w", g.dir.Name(), err)
	}
	g.removed.Store(true)
	if g.left != nil {
		g.left()
	}
	return g.Close()
}

// Clear is Remove, but for the group itself, which stays, empty.
func (g *Group) Clear(ctx context.Context) error {
	if err := g.end(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	if err := removeChildren(ctx, g.dir, "."); err != nil {
		return fmt.Errorf("clear the cgroup %s: %w", g.dir.Name(), err)
	}
	return nil
}

// end kills what runs in the group, and waits until nothing is left.
func (g *Group) end(ctx context.Context) error {
	if err := g.Kill(); err != nil {
		return err
	}
	return ignoreGone(g.await(ctx, "populated", 0))
}

// removeBelow removes a directory, deepest first. The kernel may hold an empty
// group for a moment longer (EBUSY), and gives no sign when it lets go.
func removeBelow(ctx context.Context, dir *os.File, name string) error {
	const step = 5 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		err := removeAt(dir, name)
		if err == nil || err == unix.ENOENT {
			return nil
		}
		if err != unix.EBUSY && err != unix.EINTR {
			return err
		}
		if err := removeChildren(ctx, dir, name); err != nil {
			return err
		}
		if err := removeAt(dir, name); err == nil || err == unix.ENOENT {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(unix.EBUSY, ctx.Err())
		case <-time.After(step):
		}
	}
}

func removeChildren(ctx context.Context, dir *os.File, name string) error {
	d, err := openDir(dir, name)
	if err != nil {
		return ignoreGone(err)
	}
	defer d.Close()
	names, err := children(d)
	if err != nil {
		return ignoreGone(err)
	}
	for _, n := range names {
		if err := removeBelow(ctx, d, n); err != nil {
			return err
		}
	}
	return nil
}

// removeLeftover removes a group that an earlier run has left.
func removeLeftover(in *os.File, name string) error {
	old, err := OpenGroup(in, in.Name(), name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := old.Remove(ctx); err != nil {
		_ = old.Close()
		return err
	}
	return nil
}
