package layer

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Whiteouts says what names that begin with ".wh." do (OCI image spec, layer.md).
type Whiteouts int

// The ways to treat whiteouts.
const (
	Overlay Whiteouts = iota // become marks that overlayfs knows under its option userxattr
	Delete                   // delete from the tree what the layers below put there
	Literal                  // are names like others: a lone archive has no layers below
)

// Options say how an archive becomes a tree. The zero value is for a layer of
// an image, unpacked by somebody with many ids.
type Options struct {
	Single    bool // one id only: owners are not tried, all belongs to root
	Whiteouts Whiteouts
	Limits    Limits   // zero: DefaultLimits
	Owner     *[2]int  // user and group of all entries, whatever the archive says
	Record    Recorder // nil: nothing is recorded
}

// Stats is what an archive had, and what of it is not in the tree.
type Stats struct {
	Entries   int   `json:"entries"`
	Bytes     int64 `json:"bytes"`             // of all files, with their holes
	Archive   int64 `json:"archive,omitempty"` // of the plain archive
	Whiteouts int   `json:"whiteouts,omitempty"`
	// OpaqueRoot: the layer hides all layers below it: see Visible.
	OpaqueRoot bool `json:"opaque_root,omitempty"`
	// Replaced are entries that a later one of the same archive took the place of:
	// the tree does not have what the archive has.
	Replaced int  `json:"replaced,omitempty"`
	Left     Left `json:"left"`
}

// unpacker writes one archive below root.
type unpacker struct {
	ctx     context.Context
	root    *os.File
	o       Options
	st      Stats
	tap     tap
	parents parents
	dirs    map[inode]*directory // finished at the end
	names   int                  // bytes of their paths
	ours    map[name]struct{}    // Delete: what this layer made
	plain   plainFile
	marks   marker
	buf     []byte
}

// name is an entry of a directory.
type name struct {
	dir  inode
	name string
}

// Unpack writes the entries of the plain archive r below root: an empty
// directory, or with Delete the tree of the layers below. Nothing outside of
// root is read or changed, whatever the archive says. On an error what was
// written is left to the caller to remove. Nothing is synced to disk.
func Unpack(ctx context.Context, r io.Reader, root *os.File, o Options) (Stats, error) {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	u := &unpacker{ctx: ctx, root: root, o: o, dirs: map[inode]*directory{}, ours: map[name]struct{}{}, buf: make([]byte, 1<<17)}
	u.parents = parents{root: root, open: map[string]*os.File{}}
	defer u.parents.forget()
	if err := u.plain.probe(root, o.Whiteouts); err != nil {
		return u.st, fmt.Errorf("make a file in %s: %w", root.Name(), err)
	}
	if o.Whiteouts == Delete {
		if err := u.keepTime(root, ""); err != nil {
			return u.st, err
		}
	}
	err := u.unpack(Bounded(ctx, r, o.Limits.Bytes))
	return u.st, err
}

func (u *unpacker) unpack(r io.Reader) error {
	u.tap = tap{r: r, to: u.o.Record}
	tr := tar.NewReader(&u.tap)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("after %d entries: %w", u.st.Entries, err)
		}
		if err := u.count(h); err != nil {
			return err
		}
		if o := u.o.Owner; o != nil {
			h.Uid, h.Gid = o[0], o[1]
		}
		if err := u.entry(h, tr); err != nil {
			return fmt.Errorf("entry %q: %w", shorten(h.Name), err)
		}
	}
	// What follows the end belongs to what is hashed on the way.
	if _, err := io.Copy(io.Discard, &u.tap); err != nil {
		return err
	}
	u.st.Archive = u.tap.n
	if u.st.Entries == 0 && u.o.Whiteouts == Literal {
		return errors.New("it has no entries: this is not a tar archive of a root file system")
	}
	return u.finish()
}

func (u *unpacker) count(h *tar.Header) error {
	u.st.Entries++
	if u.st.Entries > u.o.Limits.Entries {
		return fmt.Errorf("the archive has more than %d entries", u.o.Limits.Entries)
	}
	if h.Size > u.o.Limits.Bytes-u.st.Bytes {
		return fmt.Errorf("entry %q: the files of the archive have more than %d bytes", shorten(h.Name), u.o.Limits.Bytes)
	}
	u.st.Bytes += h.Size
	return nil
}

// entry makes one entry. A later one of the same name replaces an earlier one,
// except that directories are merged.
func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	names, err := cleanName(h.Name)
	if err != nil {
		return err
	}
	if u.o.Whiteouts != Literal {
		if mark, err := whiteout(names); err != nil || mark != noMark {
			return errors.Join(err, u.whiteout(mark, names))
		}
	}
	switch h.Typeflag {
	case tar.TypeChar, tar.TypeBlock:
		u.st.Left.Devices++
		return nil
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse, tar.TypeDir, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo:
	default:
		u.st.Left.Kinds++
		return nil
	}
	if len(names) == 0 {
		if h.Typeflag != tar.TypeDir {
			return errors.New("it is the root of the tree, but not a directory")
		}
		return u.remember(u.root, "", h)
	}
	dir, err := u.parent(names)
	if err != nil {
		return err
	}
	return u.make(dir, names, h, content)
}

// make makes the entry in dir.
func (u *unpacker) make(dir *os.File, names []string, h *tar.Header, content io.Reader) error {
	base := names[len(names)-1]
	if h.Typeflag == tar.TypeDir {
		f, err := u.directory(dir, base)
		if err != nil {
			return err
		}
		path := strings.Join(names, "/")
		err = errors.Join(u.note(dir, base), u.remember(f, path, h))
		u.parents.add(path, f)
		return err
	}
	// To try first and look afterwards is cheaper: nearly all names are new.
	err := u.create(dir, base, h, content)
	if err == unix.EEXIST {
		if err := u.replace(dir, base); err != nil {
			return err
		}
		err = u.create(dir, base, h, content)
	}
	if err != nil {
		return err
	}
	return u.note(dir, base)
}

// create fails with EEXIST, and has read nothing of content, if there is
// something of that name.
func (u *unpacker) create(dir *os.File, base string, h *tar.Header, content io.Reader) error {
	switch h.Typeflag {
	case tar.TypeLink:
		return u.hardLink(dir, base, h.Linkname)
	case tar.TypeSymlink:
		return u.symlink(dir, base, h)
	case tar.TypeFifo:
		return u.fifo(dir, base, h)
	}
	return u.file(dir, base, h, content)
}

// note remembers that an entry is this layer's, where that matters.
func (u *unpacker) note(dir *os.File, base string) error {
	if u.o.Whiteouts != Delete {
		return nil
	}
	id, err := identify(dir)
	u.ours[name{id, strings.Clone(base)}] = struct{}{}
	return err
}

// shorten keeps an error readable.
func shorten(name string) string {
	if len(name) > 200 {
		return name[:200] + "..."
	}
	return name
}
