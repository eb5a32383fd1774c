package safepath

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many links a path may have, as in the kernel (path_resolution(7)).
const maxLinks = 40

// walk resolves a path name by name.
type walk struct {
	dirs     []*os.File // from the root (not ours) to where we are
	rest     []string
	links    int
	nofollow bool // a link as the last name is the result
	// make is called for a name that does not exist; nil = that is an error.
	make func(dir *os.File, name string, last bool) error
}

// place is where a path leads: name in dir; f is an O_PATH descriptor of it.
// For a directory name is "." and dir is f.
type place struct {
	dir  *os.File
	name string
	f    *os.File
}

func split(path string) []string {
	var out []string
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && name != "." {
			out = append(out, name)
		}
	}
	return out
}

// close closes what was opened on the way.
func (w *walk) close() { w.up(len(w.dirs)) }

func (w *walk) here() *os.File { return w.dirs[len(w.dirs)-1] }

// up leaves the n innermost directories.
func (w *walk) up(n int) {
	for ; n > 0 && len(w.dirs) > 1; n-- {
		w.here().Close()
		w.dirs = w.dirs[:len(w.dirs)-1]
	}
}

// resolve walks to the end. The caller closes w.
func (w *walk) resolve() (place, error) {
	for made := 0; len(w.rest) > 0; {
		name := w.rest[0]
		w.rest = w.rest[1:]
		if name == ".." {
			w.up(1)
			continue
		}
		last := len(w.rest) == 0
		f, err := OpenAt(w.here(), name, unix.O_PATH, 0)
		if err == unix.ENOENT && w.make != nil && made < maxTries {
			made++
			if err := w.make(w.here(), name, last); err != nil && err != unix.EEXIST {
				return place{}, err
			}
			w.rest = append([]string{name}, w.rest...)
			continue
		}
		if err != nil {
			return place{}, err
		}
		made = 0
		done, err := w.step(f, last)
		if err != nil || done {
			return place{w.here(), name, f}, err
		}
	}
	return place{w.here(), ".", w.here()}, nil
}

// step goes into a directory or along a link; done means that f is the end.
// f is closed, kept among the directories, or the result.
func (w *walk) step(f *os.File, last bool) (done bool, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		f.Close()
		return false, err
	}
	switch kind := st.Mode & unix.S_IFMT; {
	case kind == unix.S_IFDIR:
		w.dirs = append(w.dirs, f)
		return false, nil
	case kind == unix.S_IFLNK && !(last && w.nofollow):
		defer f.Close()
		return false, w.follow(f)
	case !last:
		f.Close()
		return false, unix.ENOTDIR
	}
	return true, nil
}

// follow puts the link's target in front of the rest of the path.
func (w *walk) follow(link *os.File) error {
	if w.links++; w.links > maxLinks {
		return unix.ELOOP
	}
	target, err := ReadLinkAt(link, "")
	if err != nil {
		return err
	}
	if strings.HasPrefix(target, "/") {
		w.up(len(w.dirs))
	}
	w.rest = append(split(target), w.rest...)
	return nil
}

// walkOpen is OpenInRoot without openat2.
func walkOpen(root *os.File, path string, flags int) (*os.File, error) {
	if strings.HasSuffix(path, "/") {
		flags |= unix.O_DIRECTORY
	}
	for try := 0; ; try++ {
		w := &walk{dirs: []*os.File{root}, rest: split(path), nofollow: flags&unix.O_NOFOLLOW != 0}
		f, err := w.open(flags)
		if err == unix.ELOOP && !w.nofollow && w.links <= maxLinks && try < maxTries {
			continue // the last name became a link after it was looked at
		}
		return f, err
	}
}

// open resolves and opens what is found with flags.
func (w *walk) open(flags int) (*os.File, error) {
	defer w.close()
	p, err := w.resolve()
	if err != nil {
		return nil, err
	}
	if p.name == "." {
		return OpenAt(p.dir, ".", flags, 0)
	}
	if flags&unix.O_PATH == 0 {
		defer p.f.Close()
		return OpenAt(p.dir, p.name, flags, 0)
	}
	if flags&unix.O_DIRECTORY != 0 {
		p.f.Close()
		return nil, unix.ENOTDIR
	}
	return p.f, nil
}
