package rootfs

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// unpacker writes one archive below root.
type unpacker struct {
	root    *os.File
	single  bool // one id only: owners are not tried
	limits  Limits
	alive   func() error // fails when nobody waits for the result any more
	entries int
	bytes   int64
	dirs    []directory // finished at the end
	left    leftOut
	buf     []byte
}

// unpack writes the entries of the archive r below root, an empty directory.
func (u *unpacker) unpack(r io.Reader) error {
	u.buf = make([]byte, 1<<17)
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("after %d entries: %w", u.entries, err)
		}
		if err := u.count(h); err != nil {
			return err
		}
		if err := u.entry(h, tr); err != nil {
			return fmt.Errorf("entry %q: %w", shorten(h.Name), err)
		}
	}
	if u.entries == 0 {
		return errors.New("it has no entries: this is not a tar archive of a root file system")
	}
	return u.finish()
}

func (u *unpacker) count(h *tar.Header) error {
	u.entries++
	if u.entries > u.limits.Entries {
		return fmt.Errorf("the archive has more than %d entries", u.limits.Entries)
	}
	if h.Size > u.limits.Bytes-u.bytes {
		return fmt.Errorf("entry %q: the files of the archive have more than %d bytes", shorten(h.Name), u.limits.Bytes)
	}
	u.bytes += h.Size
	return nil
}

// entry makes one entry. A later one of the same name replaces an earlier one,
// except that directories are merged.
func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeChar, tar.TypeBlock:
		u.left.devices++
		return nil
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse, tar.TypeDir, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo:
	default:
		u.left.kinds++
		return nil
	}
	names, err := cleanName(h.Name)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if h.Typeflag != tar.TypeDir {
			return errors.New("it is the root of the tree, but not a directory")
		}
		u.later(names, h)
		return nil
	}
	// Archives leave parents out, and name files below links (lib -> usr/lib).
	dir, err := safepath.MkdirAllInRoot(u.root, strings.Join(names[:len(names)-1], "/"), 0o755)
	if err != nil {
		return err
	}
	defer dir.Close()
	name := names[len(names)-1]
	switch h.Typeflag {
	case tar.TypeDir:
		if err := u.directory(dir, name); err != nil {
			return err
		}
		u.later(names, h)
		return nil
	case tar.TypeLink:
		return u.hardLink(dir, name, h.Linkname)
	}
	if err := safepath.RemoveAll(dir, name); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		return u.symlink(dir, name, h)
	case tar.TypeFifo:
		return u.fifo(dir, name, h)
	}
	return u.file(dir, name, h, content)
}

// shorten keeps an error readable.
func shorten(name string) string {
	if len(name) > 200 {
		return name[:200] + "..."
	}
	return name
}
