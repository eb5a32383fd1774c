package layer

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Attributes by which overlayfs finds the content of a file in a layer below that is
// for contents only (Documentation/filesystems/overlayfs.rst, "Data-only lower
// layers"), under its option userxattr.
const (
	bareMark = "user.overlay.metacopy"
	bareName = "user.overlay.redirect"
)

// MarkContent marks the file at path as one without content of its own: it is that of
// name, a path without a leading slash, in a layer for contents.
func MarkContent(path, name string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	return errors.Join(markContent(f, name), f.Close())
}

func markContent(f *os.File, name string) error {
	return errors.Join(unix.Fsetxattr(int(f.Fd()), bareMark, nil, 0), unix.Fsetxattr(int(f.Fd()), bareName, []byte("/"+name), 0))
}

// bare gives out the size of in, and in's content by a mark. An empty file needs none.
func bare(in, out *os.File, path string) error {
	st, err := in.Stat()
	if err != nil || st.Size() == 0 {
		return err
	}
	if err := out.Truncate(st.Size()); err != nil {
		return err
	}
	return markContent(out, path)
}
