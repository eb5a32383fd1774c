package commons

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Sharing is what a project needs to meet the user's other projects.
type Sharing struct {
	Project  string
	Registry *Registry
	// Borrow asks the holder of another project for a file that it keeps, nil if
	// it has none of that name. lives: there is a holder; an error is one that
	// lives and does not answer.
	Borrow func(project, name string) (f *os.File, lives bool, err error)
	// Death is closed when the holder of a project has died, at once if there is
	// none; nil if it cannot be told. The context ends the watch.
	Death func(ctx context.Context, project string) <-chan struct{}
}

// keptPrefix begins the names under which project holders keep the namespaces of
// shared networks. No container's name begins with @.
const keptPrefix = "xnet/@@"

// KeptName is the name under which a project's holder keeps the namespace of a
// shared network that the project is on: who has it, is on it.
func KeptName(network string) string { return keptPrefix + network }

// NetworkOf is the network of a kept name, "" of another file's.
func NetworkOf(kept string) string {
	if len(kept) > len(keptPrefix) && kept[:len(keptPrefix)] == keptPrefix {
		return kept[len(keptPrefix):]
	}
	return ""
}

// IsOn reports that a project lives and is on the network, or cannot be asked.
func (c *Sharing) IsOn(network, project string) bool {
	f, _, err := c.Borrow(project, KeptName(network))
	if f != nil {
		f.Close()
	}
	return f != nil || err != nil
}

// Leave takes the project off a network's files, and the dead with it. The caller
// has the lock.
func (c *Sharing) Leave(network string) error {
	err := c.Registry.Remove(network, c.Project)
	_, err2 := c.Registry.Sweep(network, func(other string) bool { return c.IsOn(network, other) })
	return errors.Join(err, err2)
}

// Find asks the other projects on the network for its namespace, and returns it
// with the state of which it is; nil if nobody has it. Files of the dead are
// removed on the way. The caller has the lock.
func (c *Sharing) Find(network string) (x *os.File, state State, err error) {
	if state, err = c.Registry.State(network); err != nil {
		return nil, state, err
	}
	projects, err := c.Registry.Projects(network)
	if err != nil {
		return nil, state, err
	}
	var silent []error
	for _, p := range projects {
		if p == c.Project {
			continue
		}
		f, _, err := c.Borrow(p, KeptName(network))
		switch {
		case err != nil:
			silent = append(silent, err)
		case f != nil:
			x = better(x, f, state)
		default:
			if err := c.Registry.Remove(network, p); err != nil {
				if x != nil {
					x.Close()
				}
				return nil, state, err
			}
		}
	}
	if x == nil {
		if len(silent) > 0 {
			err = fmt.Errorf("who is on it cannot be asked for it: %w", errors.Join(silent...))
		}
		return nil, state, err
	}
	id, err := Identity(x)
	if err != nil {
		x.Close()
		return nil, state, err
	}
	state.Device, state.Inode = id.Device, id.Inode
	return x, state, nil
}

// better is the one of two namespaces that is on record, else the first. The other
// is closed.
func better(a, b *os.File, recorded State) *os.File {
	if a == nil {
		return b
	}
	if id, err := Identity(b); err == nil && id.Same(recorded) {
		a, b = b, a
	}
	b.Close()
	return a
}

// Identity tells which namespace an open file is.
func Identity(ns *os.File) (s State, err error) {
	raw, err := ns.SyscallConn()
	if err != nil {
		return s, err
	}
	var st unix.Stat_t
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = unix.Fstat(int(fd), &st) }); err != nil {
		return s, err
	}
	return State{Device: uint64(st.Dev), Inode: st.Ino}, inner //nolint:unconvert // 32 bits on some
}

// Same reports that two states are of one namespace.
func (s State) Same(o State) bool { return s.Device == o.Device && s.Inode == o.Inode }
