package copytar

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// place is where a stream goes: what is called from in it becomes the entry to
// of the directory dir; from "" means that names stay as they are.
type place struct {
	dir      string
	from, to string
}

// target is what is known of a destination.
type target struct {
	path      string // resolved where it was a link
	exists    bool
	isDir     bool
	wantsDir  bool // it ends in "/" or "/."
	described string
}

// maxLinks is how many links a path may have, as in the kernel (path_resolution(7)).
const maxLinks = 40

// look finds out what the destination is. A link to something that is missing
// is a missing destination, where the link points to.
func look(root *os.File, dst string) (target, error) {
	t := target{path: path.Clean("/" + dst), wantsDir: endsAsDir(dst), described: dst}
	for range maxLinks {
		f, err := safepath.OpenInRoot(root, t.path, unix.O_PATH)
		if err == nil {
			defer f.Close()
			return t.found(f)
		}
		if !errors.Is(err, unix.ENOENT) {
			return t, err
		}
		link, ok := readLink(root, t.path)
		if !ok {
			return t, nil
		}
		if !path.IsAbs(link) {
			link = path.Join(path.Dir(t.path), link)
		}
		t.path = path.Clean("/" + link)
	}
	return t, &os.PathError{Op: "open", Path: dst, Err: unix.ELOOP}
}

func (t target) found(f *os.File) (target, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return t, err
	}
	t.exists = true
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		t.isDir = true
	case unix.S_IFREG:
	default:
		return t, fmt.Errorf("destination %q must be a directory or a regular file", t.described)
	}
	if t.wantsDir && !t.isDir {
		return t, fmt.Errorf("destination %q is not a directory", t.described)
	}
	return t, nil
}

func readLink(root *os.File, name string) (string, bool) {
	f, err := safepath.OpenInRoot(root, name, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return "", false
	}
	defer f.Close()
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(f.Fd()), "", buf)
	return string(buf[:max(n, 0)]), err == nil
}

// place decides where a source goes that is called base in its stream.
func (t target) place(base string, isDir bool) (place, error) {
	switch {
	case t.exists && t.isDir:
		return place{dir: t.path}, nil
	case t.exists && isDir:
		return place{}, fmt.Errorf("cannot copy a directory over %q, which is a file", t.described)
	case !t.exists && !isDir && t.wantsDir:
		return place{}, fmt.Errorf("destination directory %q does not exist", t.described)
	}
	return place{dir: path.Dir(t.path), from: base, to: path.Base(t.path)}, nil
}

// rename is where an entry of the stream goes below p.dir, as names.
func (p place) rename(name string) ([]string, error) {
	names, err := split(name)
	if err != nil || p.from == "" {
		return names, err
	}
	switch {
	case p.from == ".":
		return append([]string{p.to}, names...), nil
	case len(names) > 0 && names[0] == p.from:
		return append([]string{p.to}, names[1:]...), nil
	}
	return nil, fmt.Errorf("the entry is not below %q", p.from)
}

// split takes the name of an entry apart. None is left of ".".
func split(name string) ([]string, error) {
	var out []string
	for n := range strings.SplitSeq(name, "/") {
		switch {
		case n == "..":
			return nil, errors.New(`its name has ".."`)
		case strings.IndexByte(n, 0) >= 0:
			return nil, errors.New("its name has a NUL byte")
		case n != "" && n != ".":
			out = append(out, n)
		}
	}
	return out, nil
}

// endsAsDir reports that a path asserts to be a directory.
func endsAsDir(p string) bool {
	return strings.HasSuffix(p, "/") || p == "." || strings.HasSuffix(p, "/.")
}

// baseOf is the name of a source in its stream: "." when its content is meant.
func baseOf(p string) string {
	clean := path.Clean("/" + p)
	if clean == "/" || p == "." || strings.HasSuffix(p, "/.") {
		return "."
	}
	return path.Base(clean)
}
