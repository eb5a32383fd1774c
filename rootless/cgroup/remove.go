package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Remove kills what runs in the group, waits until nothing is left, and removes
// the group with those below it. A group that is gone is no error. On success the
// group is closed, and once more is no error; else it can be tried again.
func (g *Group) Remove(ctx context.Context) error {
	if g.removed.Load() {
		return nil
	}
	if err := g.Kill(); err != nil {
		return err
	}
	if err := ignoreGone(g.await(ctx, "populated", 0)); err != nil {
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

// removeBelow removes a directory, deepest first. The kernel may hold an empty
// group for a moment longer (EBUSY), and gives no sign when it lets go.
func removeBelow(ctx context.Context, dir *os.File, name string) error {
	const step = 5 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		err := unix.Unlinkat(wire.FD(dir), name, unix.AT_REMOVEDIR)
		if err == nil || err == unix.ENOENT {
			return nil
		}
		if err != unix.EBUSY && err != unix.EINTR {
			return err
		}
		if err := removeChildren(ctx, dir, name); err != nil {
			return err
		}
		if err := unix.Unlinkat(wire.FD(dir), name, unix.AT_REMOVEDIR); err == nil || err == unix.ENOENT {
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
	fd, err := unix.Openat(wire.FD(dir), name, dirFlags, 0)
	if err != nil {
		return ignoreGone(err)
	}
	d := os.NewFile(uintptr(fd), dir.Name()+"/"+name)
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
	old, err := openGroup(in, in.Name(), name)
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
