package cgroup

import (
	"context"
	"errors"
	"os"
)

// Freeze stops all processes of the group and returns when they stand still
// (cgroup.freeze, Linux 5.2). If they do not in time, they go on, and the error
// says so: a process may be in the middle of a system call that cannot be stopped.
func (g *Group) Freeze(ctx context.Context) error {
	if err := g.write("cgroup.freeze", "1"); err != nil {
		return err
	}
	err := g.await(ctx, "frozen", 1)
	if err != nil {
		err = errors.Join(err, g.write("cgroup.freeze", "0"))
	}
	return err
}

// Thaw lets the processes of a frozen group go on; one that is gone has none.
func (g *Group) Thaw(ctx context.Context) error {
	err := g.write("cgroup.freeze", "0")
	if err == nil {
		err = g.await(ctx, "frozen", 0)
	}
	return ignoreGone(err)
}

func (g *Group) write(name, text string) error {
	if err := writeAt(g.dir, name, text); err != nil {
		return &os.PathError{Op: "write " + text + " to", Path: g.dir.Name() + "/" + name, Err: err}
	}
	return nil
}
