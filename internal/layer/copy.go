package layer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// Copy copies what an overlay of the layers would show, whiteouts and opaque
// directories included, into the new directory to: for machines where no overlay
// can be mounted. layers are directories, the topmost first. Contents are shared
// with the originals where the file system can do that (FICLONE,
// ioctl_ficlone(2)). Modes, times, owners that are mapped, links, hard links,
// holes, user attributes and file capabilities are kept; device nodes and
// sockets are left out. Links are copied, never followed. On an error what was
// copied is left to the caller to remove.
func Copy(ctx context.Context, layers []string, to string) error {
	return CopyAs(ctx, layers, to, How{})
}

// How says what of a copy is not as in the original.
type How struct {
	// Exchange: owners change places.
	Exchange exchange.IDs
	// Bare: files get no content, but a mark that tells overlayfs to look for it
	// under the same name in a layer below that has nothing else to show (see
	// [MarkContent]). Who mounts the copy has to give it the originals.
	Bare bool
}

// CopyAs is Copy with differences.
func CopyAs(ctx context.Context, layers []string, to string, how How) error {
	layers, err := Visible(layers)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	dst, err := os.Open(to)
	if err != nil {
		return err
	}
	defer dst.Close()
	m := merged{}
	defer m.close()
	for _, l := range layers {
		f, err := os.Open(l)
		if err != nil {
			return err
		}
		m = append(m, f)
	}
	c := copier{ctx: ctx, root: dst, how: how, links: map[inode]string{}}
	return c.directory(m, dst, "")
}

// copier remembers what belongs together over the whole tree.
type copier struct {
	ctx   context.Context
	root  *os.File
	how   How
	links map[inode]string // first copy of a file with several names
}

// merged are the directories of one name that are seen together, topmost first.
type merged []*os.File

func (m merged) close() {
	for _, f := range m {
		f.Close()
	}
}

// directory fills dst, and gives it the attributes of the topmost in the end.
func (c *copier) directory(m merged, dst *os.File, path string) error {
	seen := map[string]struct{}{}
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	for i, dir := range m {
		attributes := opaqueValue(dir) == "x"
		for {
			bases, err := dir.Readdirnames(512)
			for _, base := range bases {
				if _, done := seen[base]; done {
					continue
				}
				seen[base] = struct{}{}
				if err := c.entry(m[i:], dst, path, base, attributes); err != nil {
					return err
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return fmt.Errorf("copy %s: %w", dir.Name(), err)
			}
		}
	}
	return c.keepAttributes(m[0], dst)
}

// entry copies an entry of the topmost directory.
func (c *copier) entry(m merged, dst *os.File, path, base string, attributes bool) error {
	path = filepath.Join(path, base)
	err := c.copy(m, dst, path, base, attributes)
	if err != nil && c.ctx.Err() == nil {
		var below *copyError
		if !errors.As(err, &below) {
			err = &copyError{filepath.Join(m[0].Name(), base), err}
		}
	}
	return err
}

// copyError says once, at the innermost level, what could not be copied.
type copyError struct {
	path string
	err  error
}

func (e *copyError) Error() string { return fmt.Sprintf("copy %s: %v", e.path, e.err) }
func (e *copyError) Unwrap() error { return e.err }

func (c *copier) copy(m merged, dst *os.File, path, base string, attributes bool) error {
	dir := m[0]
	var st unix.Stat_t
	if err := unix.Fstatat(int(dir.Fd()), base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return c.subdirectory(m, dst, path, base)
	case unix.S_IFLNK:
		return c.once(dst, path, base, &st, func() error { return c.link(dir, dst, base, &st) })
	case unix.S_IFREG:
		if isMark(dir, base, &st, attributes) {
			return nil
		}
		return c.once(dst, path, base, &st, func() error { return c.file(dir, dst, path, base) })
	case unix.S_IFIFO:
		return c.once(dst, path, base, &st, func() error { return c.fifo(dir, dst, base) })
	}
	return nil // a device, as whiteouts are, or a socket
}

// subdirectory finds what is merged with the directory base, and goes into it.
func (c *copier) subdirectory(m merged, dst *os.File, path, base string) error {
	if err := unix.Mkdirat(int(dst.Fd()), base, 0o700); err != nil {
		return err
	}
	to, err := openAt(dst, base, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer to.Close()
	sub := merged{}
	defer func() { sub.close() }()
	for i, dir := range m {
		f, err := openAt(dir, base, unix.O_RDONLY|unix.O_DIRECTORY, 0)
		if err == unix.ENOENT {
			continue
		}
		if (err == unix.ENOTDIR || err == unix.ELOOP) && i > 0 {
			break // a whiteout, or something else: it hides what is below it
		}
		if err != nil {
			return err
		}
		sub = append(sub, f)
		if opaqueValue(f) == "y" {
			break
		}
	}
	return c.directory(sub, to, path)
}

// once copies a file, or links it to the copy that there is already.
func (c *copier) once(dst *os.File, path, base string, st *unix.Stat_t, copy func() error) error {
	if st.Nlink < 2 {
		return copy()
	}
	id := inode{st.Dev, st.Ino}
	first, ok := c.links[id]
	if !ok {
		c.links[id] = path
		return copy()
	}
	from, err := safepath.OpenInRoot(c.root, filepath.Dir(first), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer from.Close()
	return unix.Linkat(int(from.Fd()), filepath.Base(first), int(dst.Fd()), base, 0)
}
