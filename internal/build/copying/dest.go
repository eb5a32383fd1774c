package copying

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// dest is where a copy goes. Either it is a directory, or a name in one.
type dest struct {
	dir  *os.File
	base string // "" = dir itself
	path string // of dir, free of links as far as it was there
}

func (d *dest) close() { d.dir.Close() }

// maxLinks is how many links a path may have, as in the kernel (path_resolution(7)).
const maxLinks = 40

// place finds the destination, and makes what is missing of it.
func (c *copier) place(entries []build.Entry) error {
	lone, trees := len(c.cp.Files), 0
	for i := range entries {
		if entries[i].Name != "" {
			lone++
		} else {
			trees++
		}
	}
	if len(entries)+len(c.cp.Files) == 0 {
		return nil // patterns that matched nothing: nothing is made
	}
	if strings.HasSuffix(c.cp.Dest, "/") || trees > 0 || lone == 0 { // what is below a tree has neither
		return c.placeDir(c.cp.Dest)
	}
	if err := c.placeFile(c.cp.Dest, 0); err != nil {
		return err
	}
	if lone > 1 && c.dest.base != "" {
		return &destError{fmt.Sprintf("destination %s: when more than one file is copied, it must be a directory and end with a /", c.cp.Dest)}
	}
	return nil
}

func (c *copier) placeDir(name string) error {
	dir, err := c.ensure(name)
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.EEXIST) {
		return &destError{"cannot copy to non-directory: " + path.Clean(name)}
	}
	if err != nil {
		return err
	}
	c.dest = &dest{dir: dir, path: name}
	return nil
}

// placeFile is placeDir for what may be either: a file is put where a link leads.
func (c *copier) placeFile(name string, links int) error {
	name = path.Clean("/" + name)
	f, err := safepath.OpenInRoot(c.o.Root, name, unix.O_PATH)
	if err == nil {
		var st unix.Stat_t
		err := unix.Fstat(int(f.Fd()), &st)
		if err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			c.dest = &dest{dir: f, path: name}
			return nil
		}
		f.Close()
	}
	dir, err := c.ensure(path.Dir(name))
	if err != nil {
		return err
	}
	base := path.Base(name)
	to, err := readLinkAt(dir, base)
	if err != nil { // it is no link, or not there
		c.dest = &dest{dir: dir, base: base, path: path.Dir(name)}
		return nil
	}
	dir.Close()
	if links >= maxLinks {
		return &os.PathError{Op: "open", Path: c.cp.Dest, Err: unix.ELOOP}
	}
	if !path.IsAbs(to) {
		to = path.Join(path.Dir(name), to)
	}
	return c.placeFile(to, links+1)
}

// parentMode is that of directories that nobody asked for.
const parentMode = 0o755

// ensure opens a directory of the root, and makes it and its parents if they are
// missing: they belong to whom the files will.
func (c *copier) ensure(name string) (*os.File, error) {
	mode := uint32(parentMode)
	if c.chmod != nil && c.chmod.octal != nil {
		mode = *c.chmod.octal
	}
	return ensureDir(c.o.Root, path.Clean("/"+name), mode, c.owner)
}

func ensureDir(root *os.File, name string, mode uint32, owner *ids) (*os.File, error) {
	const flags = unix.O_PATH | unix.O_DIRECTORY
	f, err := safepath.OpenInRoot(root, name, flags)
	if err == nil || !errors.Is(err, unix.ENOENT) || name == "/" {
		return f, err
	}
	up, err := ensureDir(root, path.Dir(name), mode, owner)
	if err != nil {
		return nil, err
	}
	defer up.Close()
	base := path.Base(name)
	err = unix.Mkdirat(int(up.Fd()), base, 0o700)
	if err == unix.EEXIST { // a link to what is missing
		return safepath.MkdirAllInRoot(root, name, mode)
	}
	if err != nil {
		return nil, &os.PathError{Op: "mkdir", Path: name, Err: err}
	}
	made, err := openAt(up, base, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	if err := own(made, owner, mode); err != nil {
		made.Close()
		return nil, err
	}
	return made, nil
}

// own gives a new directory owner and mode.
func own(f *os.File, owner *ids, mode uint32) error {
	if owner != nil {
		if err := ignoreUnmapped(unix.Fchown(int(f.Fd()), owner.uid, owner.gid)); err != nil {
			return err
		}
	}
	return unix.Fchmod(int(f.Fd()), mode)
}

// target is where an entry goes: a name in a directory.
func (c *copier) target(e *build.Entry) (*os.File, string, error) {
	switch {
	case e.To == "" && c.dest.base != "":
		return c.dest.dir, c.dest.base, nil
	case e.To == "":
		return c.dest.dir, e.Name, nil
	case c.dest.base != "":
		return nil, "", &destError{"cannot copy to non-directory: " + c.cp.Dest}
	}
	up, base := path.Split(e.To)
	dir, err := c.parent.open(c.dest.dir, strings.TrimSuffix(up, "/"))
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		return nil, "", &destError{"cannot copy to non-directory: " + path.Join(c.cp.Dest, up)}
	}
	return dir, base, err
}

// shown is the name of a target for messages.
func (c *copier) shown(e *build.Entry) string {
	switch {
	case e.To != "":
		return path.Join(c.cp.Dest, e.To)
	case c.dest != nil && c.dest.base == "":
		return path.Join(c.cp.Dest, e.Name)
	}
	return c.cp.Dest
}

// lastDir keeps the directory of the last entry open: the next is mostly in it too.
type lastDir struct {
	name string
	dir  *os.File
}

func (l *lastDir) open(root *os.File, name string) (*os.File, error) {
	if name == "" {
		return root, nil
	}
	if l.dir != nil && l.name == name {
		return l.dir, nil
	}
	dir, err := safepath.OpenBeneath(root, name, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	l.close()
	l.name, l.dir = name, dir
	return dir, nil
}

func (l *lastDir) close() {
	if l.dir != nil {
		l.dir.Close()
		l.dir = nil
	}
}
