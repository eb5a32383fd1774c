package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Source tells of a mount's source what the runtime spec has no word for.
type Source struct {
	// Here is where this process sees it; "" = where the spec says.
	Here string
	// Subpath is the part of the source to mount. It is resolved below it: what
	// leads out of the source is an error.
	Subpath string
	// Tree is a detached mount that stands for the spec's source.
	Tree *os.File
}

// opened is a source that has been looked at.
type opened struct {
	Source
	file  *os.File // the source itself, or its part; nil = it cannot be seen from here
	isDir bool
	place string // Subpath without links
}

// open looks at the source of m. The file is the caller's to close.
func (s Source) open(m specs.Mount) (o opened, err error) {
	o = opened{Source: s, isDir: m.Type == "tmpfs"}
	if o.isDir {
		return o, nil
	}
	if s.Tree != nil {
		o.file, err = dup(s.Tree) // it may be a file
	} else {
		path := m.Source
		if s.Here != "" {
			path = s.Here
		}
		o.file, err = openPath(unix.AT_FDCWD, path, 0)
	}
	if err != nil && s.Subpath == "" && s.Tree == nil {
		return o, nil // a file of the project holder's own mount namespace, or none: the start says so
	}
	if err == nil && s.Subpath != "" {
		root := o.file
		o.file, o.place, err = below(root, s.Subpath)
		root.Close()
	}
	if err != nil {
		return o, fmt.Errorf("mount %s: subpath %q of %s: %w", m.Destination, s.Subpath, m.Source, err)
	}
	st, err := o.file.Stat()
	o.isDir = err == nil && st.IsDir()
	return o, nil
}

// flags are those to open the source with once more: what was a directory may be
// a link by now.
func (o opened) flags() int {
	if o.isDir {
		return dirFlags
	}
	return pathFlags
}

func openPath(dir int, name string, flags int) (*os.File, error) {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func dup(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(wire.FD(f)), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

func reopen(dir *os.File) (*os.File, error) { return openPath(wire.FD(dir), ".", 0) }

var errLeadsOut = errors.New("it leads out of it")

// below opens a path below root, and tells which it is without links. Unlike a
// path in a container's root, one that climbs above it, or an absolute link, is
// an error, as with docker: it would not mean what its author wanted.
func below(root *os.File, sub string) (f *os.File, place string, err error) {
	at, err := reopen(root)
	if err != nil {
		return nil, "", err
	}
	dirs, names := []*os.File{at}, []string{}
	defer func() {
		for _, d := range dirs {
			d.Close()
		}
	}()
	rest, links := split(sub), 0
	if strings.HasPrefix(sub, "/") {
		return nil, "", errLeadsOut
	}
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			if len(names) == 0 {
				return nil, "", errLeadsOut
			}
			dirs[len(dirs)-1].Close()
			dirs, names = dirs[:len(dirs)-1], names[:len(names)-1]
			continue
		}
		next, err := openPath(wire.FD(dirs[len(dirs)-1]), name, unix.O_NOFOLLOW)
		if err != nil {
			return nil, "", err
		}
		to, err := linkOf(next)
		switch {
		case err != nil:
			next.Close()
			return nil, "", err
		case to == "":
			dirs, names = append(dirs, next), append(names, name)
			continue
		}
		next.Close()
		if links++; links > maxLinks {
			return nil, "", unix.ELOOP
		}
		if strings.HasPrefix(to, "/") {
			return nil, "", errLeadsOut
		}
		rest = append(split(to), rest...)
	}
	f = dirs[len(dirs)-1]
	dirs = dirs[:len(dirs)-1]
	return f, strings.Join(names, "/"), nil
}

// linkOf is the target of a symbolic link, "" for anything else.
func linkOf(f *os.File) (string, error) {
	var st unix.Stat_t
	if err := unix.Fstat(wire.FD(f), &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
		return "", err
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(wire.FD(f), "", buf)
	return string(buf[:max(n, 0)]), err
}
