package copying

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// finish is a directory whose attributes are set at the end: entries that are made
// in it change its time, and it may be closed to us afterwards.
type finish struct {
	to       string // below dest
	timeOnly bool
	seen     build.Seen
	owner    *ids
	xattrs   []layer.Xattr
}

// top is a directory as a source: its content is copied, of itself the time only.
func (c *copier) top(e *build.Entry) error {
	if c.dest.base != "" {
		return &destError{"cannot copy to non-directory: " + c.cp.Dest}
	}
	if e.Seen.Mtime != 0 {
		c.dirs = append(c.dirs, finish{timeOnly: true, seen: e.Seen})
	}
	return nil
}

// directory makes a directory, or takes the one that is there.
func (c *copier) directory(from *os.File, e *build.Entry, dir *os.File, base string) error {
	err := unix.Mkdirat(int(dir.Fd()), base, 0o700)
	if err != nil && err != unix.EEXIST {
		return err
	}
	if err == unix.EEXIST {
		f, err := openAt(dir, base, unix.O_PATH|unix.O_DIRECTORY, 0)
		if err == unix.ENOTDIR || err == unix.ELOOP {
			return &destError{"cannot copy to non-directory: " + c.shown(e)}
		}
		if err != nil {
			return err
		}
		f.Close()
	}
	fin := finish{to: e.To, seen: e.Seen, owner: c.owner}
	if c.o.From != nil {
		in, err := safepath.OpenBeneath(from, e.Path, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			return err
		}
		defer in.Close()
		var st unix.Stat_t
		if err := unix.Fstat(int(in.Fd()), &st); err != nil {
			return err
		}
		fin.xattrs = layer.Attributes(in)
		if fin.owner == nil {
			fin.owner = &ids{int(st.Uid), int(st.Gid)}
		}
	}
	if fin.owner == nil {
		fin.owner = &ids{}
	}
	c.dirs = append(c.dirs, fin)
	return nil
}

// finishDirs sets the attributes of directories, inner ones first.
func (c *copier) finishDirs() error {
	for i := len(c.dirs) - 1; i >= 0; i-- {
		if err := c.finishDir(&c.dirs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) finishDir(d *finish) error {
	f, err := safepath.OpenBeneath(c.dest.dir, d.to, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("%s: %w", c.cp.Dest, err)
	}
	defer f.Close()
	if !d.timeOnly {
		if err := own(f, d.owner, c.chmod.of(d.seen.Mode&0o7777, true)); err != nil {
			return err
		}
		for _, x := range d.xattrs {
			_ = layer.SetAttribute(f, x) // not every file system has them
		}
	}
	return layer.SetTimes(f, unix.NsecToTimespec(d.seen.Mtime))
}

// fresh has make make something that is no directory, which fails with EEXIST if
// something is there. To try first and look afterwards is cheaper: most names are new.
func (c *copier) fresh(dir *os.File, base string, e *build.Entry, make func() error) error {
	err := make()
	if err != unix.EEXIST {
		return err
	}
	if err := c.clear(dir, base, e); err != nil {
		return err
	}
	return make()
}

// create makes a new file.
func (c *copier) create(dir *os.File, base string, e *build.Entry) (f *os.File, err error) {
	err = c.fresh(dir, base, e, func() (err error) {
		f, err = openAt(dir, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
		return err
	})
	return f, err
}

// clear makes room for something that is no directory.
func (c *copier) clear(dir *os.File, base string, e *build.Entry) error {
	err := unix.Unlinkat(int(dir.Fd()), base, 0)
	if err == unix.EISDIR {
		return &destError{fmt.Sprintf("cannot replace to directory %s with file", c.shown(e))}
	}
	if err == unix.ENOENT {
		return nil
	}
	return err
}

func (c *copier) link(from *os.File, e *build.Entry, dir *os.File, base string) error {
	in, err := safepath.OpenBeneath(from, e.Path, unix.O_PATH)
	if errors.Is(err, unix.ENOENT) {
		c.changed(e)
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
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		c.changed(e)
		return nil
	}
	if st.Mtim.Nano() != e.Seen.Mtime || st.Ctim.Nano() != e.Seen.Ctime {
		c.changed(e)
	}
	to, err := readLinkAt(in, "")
	if err != nil {
		return err
	}
	if err := c.fresh(dir, base, e, func() error { return unix.Symlinkat(to, int(dir.Fd()), base) }); err != nil {
		return err
	}
	o := c.ownerOf(&st)
	err = unix.Fchownat(int(dir.Fd()), base, o.uid, o.gid, unix.AT_SYMLINK_NOFOLLOW)
	if err := ignoreUnmapped(err); err != nil {
		return err
	}
	return setTimeAt(dir, base, e)
}

func (c *copier) fifo(from *os.File, e *build.Entry, dir *os.File, base string) error {
	in, err := safepath.OpenBeneath(from, e.Path, unix.O_PATH)
	if err != nil {
		return err
	}
	defer in.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(in.Fd()), &st); err != nil {
		return err
	}
	mkfifo := func() error { return unix.Mknodat(int(dir.Fd()), base, unix.S_IFIFO|0o600, 0) }
	if err := c.fresh(dir, base, e, mkfifo); err != nil {
		return err
	}
	// O_NONBLOCK: a fifo opens for reading without a writer.
	out, err := openAt(dir, base, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	return c.attributes(out, &st, &e.Seen, nil)
}

func setTimeAt(dir *os.File, base string, e *build.Entry) error {
	ts := unix.NsecToTimespec(e.Seen.Mtime)
	return unix.UtimesNanoAt(int(dir.Fd()), base, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}

func (c *copier) changed(e *build.Entry) { c.res.Changed = append(c.res.Changed, "/"+e.Path) }
