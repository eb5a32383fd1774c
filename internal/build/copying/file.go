package copying

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// tries is how often a file is read that changes meanwhile.
const tries = 3

// file copies a regular file.
func (c *copier) file(from *os.File, e *build.Entry, dir *os.File, base string) error {
	in, err := safepath.OpenBeneath(from, e.Path, unix.O_RDONLY|unix.O_NONBLOCK)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		c.changed(e) // deleted, or replaced by a link
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(in.Fd()), &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		c.changed(e)
		return nil
	}
	if done, err := c.again(&st, e, dir, base); done || err != nil {
		return err
	}
	out, err := c.create(dir, base, e)
	if err != nil {
		return err
	}
	err = c.fill(in, out, e, &st)
	return errors.Join(err, out.Close())
}

// fill copies content and attributes, as they were at one moment.
func (c *copier) fill(in, out *os.File, e *build.Entry, st *unix.Stat_t) error {
	stable := false
	for try := 0; try < tries && !stable; try++ {
		if try > 0 {
			if err := out.Truncate(0); err != nil {
				return err
			}
		}
		before := seen(st)
		if err := layer.CopyContent(in, out); err != nil {
			return err
		}
		if err := unix.Fstat(int(in.Fd()), st); err != nil {
			return err
		}
		stable = before == seen(st)
	}
	if now := seen(st); !stable || now != e.Seen {
		c.changed(e)
	}
	now := seen(st)
	return c.attributes(out, st, &now, in)
}

func seen(st *unix.Stat_t) build.Seen {
	return build.Seen{Mode: st.Mode, Size: st.Size, Mtime: st.Mtim.Nano(), Ctime: st.Ctim.Nano()}
}

// again links a file that has been copied under another name.
func (c *copier) again(st *unix.Stat_t, e *build.Entry, dir *os.File, base string) (bool, error) {
	if st.Nlink < 2 {
		return false, nil
	}
	id, to := inode{st.Dev, st.Ino}, e.To
	if to == "" {
		if to = base; c.dest.base != "" {
			return false, nil // there is one
		}
	}
	first, ok := c.links[id]
	if !ok {
		c.links[id] = to
		return false, nil
	}
	up, last := path.Split(first)
	old, err := safepath.OpenBeneath(c.dest.dir, up, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return false, err
	}
	defer old.Close()
	if first == to {
		return false, nil // it is copied again, over itself
	}
	err = c.fresh(dir, base, e, func() error { return unix.Linkat(int(old.Fd()), last, int(dir.Fd()), base, 0) })
	if err == unix.ENOENT {
		return false, nil // a later source took its place
	}
	return err == nil, err
}

// attributes sets owner, extended attributes, mode and time of a new file, in this
// order: a change of owner clears setuid bits and capabilities. st is the source's,
// nil for a here-document; in is the source if its attributes count.
func (c *copier) attributes(out *os.File, st *unix.Stat_t, s *build.Seen, in *os.File) error {
	o := c.ownerOf(st)
	err := unix.Fchown(int(out.Fd()), o.uid, o.gid)
	if ignoreUnmapped(err) != nil {
		return err
	}
	mode := c.chmod.of(s.Mode&0o7777, false)
	if err != nil && (o.uid != 0 || o.gid != 0) {
		mode &^= 0o6000 // it would run as root instead of as its owner
	}
	if in != nil && c.o.From != nil {
		for _, x := range layer.Attributes(in) {
			_ = layer.SetAttribute(out, x) // not every file system has them
		}
	}
	if err := unix.Fchmod(int(out.Fd()), mode); err != nil {
		return err
	}
	if st == nil {
		return nil
	}
	return layer.SetTimes(out, unix.NsecToTimespec(s.Mtime))
}

// ownerOf is whose a copy becomes: --chown's user's, or whose the source was in its stage.
func (c *copier) ownerOf(st *unix.Stat_t) ids {
	switch {
	case c.owner != nil:
		return *c.owner
	case c.o.From != nil && st != nil:
		return ids{int(st.Uid), int(st.Gid)}
	}
	return ids{}
}
