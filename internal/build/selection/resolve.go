package selection

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// maxLinks is how many links a path may have, as in the kernel (path_resolution(7)).
const maxLinks = 40

// resolve follows a path as if the tree were "/" and returns where it leads, free
// of links. Nothing of it may be hidden, what links lead to included.
func (f *finder) resolve(path string) (string, *unix.Stat_t, error) {
	rest, at, links := split(path), "", 0
	var st unix.Stat_t
	if err := f.lstat("", &st); err != nil {
		return "", nil, err
	}
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			at = at[:max(0, strings.LastIndexByte(at, '/'))]
			if err := f.lstat(at, &st); err != nil {
				return "", nil, err
			}
			continue
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR {
			return "", nil, unix.ENOTDIR
		}
		next := join(at, name)
		if err := f.lstat(next, &st); err != nil {
			return "", nil, err
		}
		if st.Mode&unix.S_IFMT != unix.S_IFLNK {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", nil, unix.ELOOP
		}
		to, err := readLink(f.tree.Root, next)
		if err != nil {
			return "", nil, err
		}
		if strings.HasPrefix(to, "/") {
			at = ""
		}
		if err := f.lstat(at, &st); err != nil {
			return "", nil, err
		}
		rest = append(split(to), rest...)
	}
	return at, &st, nil
}

// split takes a path apart.
func split(path string) []string {
	var out []string
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && name != "." {
			out = append(out, name)
		}
	}
	return out
}

func (f *finder) lstat(path string, st *unix.Stat_t) error {
	p, err := safepath.OpenBeneath(f.tree.Root, path, unix.O_PATH)
	if err != nil {
		return err
	}
	defer p.Close()
	return unix.Fstat(int(p.Fd()), st)
}

func readLink(root *os.File, path string) (string, error) {
	p, err := safepath.OpenBeneath(root, path, unix.O_PATH)
	if err != nil {
		return "", err
	}
	defer p.Close()
	return readLinkAt(p, "")
}

func readLinkAt(dir *os.File, name string) (string, error) {
	return safepath.ReadLinkAt(dir, name)
}

// missing reports an error that means that there is no such thing.
func missing(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR)
}
