package sandbox

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// view is the container's file system as it will be, mount by mount, seen from
// outside before there is one. It turns a path into names of which none is a
// link; the list of system calls then opens them one by one and follows none.
// So a link that is put there meanwhile, on a volume that others write to, stops
// the start and leads nowhere. Nothing here needs openat2(2).
type view struct {
	root *os.File
	// over tells what is mounted, by the path without links; nil = an empty
	// directory of ours.
	over map[string]*os.File
	held []*os.File
}

// newView sees root with our own kernel file systems on it.
func newView(root *os.File, fresh []string) *view {
	v := &view{root: root, over: make(map[string]*os.File)}
	for _, d := range fresh {
		v.over["/"+d] = nil
	}
	return v
}

// look opens the file system that the container's mounts will lie on.
func (b *builder) look(c Container) {
	if c.Root != nil {
		b.view = newView(c.Root, []string{"proc", "sys", "dev"})
		return
	}
	root, err := os.Open("/")
	if err != nil {
		b.Program.Fail(err)
	}
	b.view = newView(root, notFromHost)
	b.view.held = append(b.view.held, root)
	if c.Etc != nil {
		b.view.cover("/etc", c.Etc)
	}
}

func (v *view) close() {
	for _, f := range v.held {
		f.Close()
	}
}

// cover notes that f lies on place from now on; nil = an empty directory, or a
// file that cannot be seen from here.
func (v *view) cover(place string, f *os.File) {
	for p := range v.over {
		if strings.HasPrefix(p, place+"/") {
			delete(v.over, p)
		}
	}
	v.over[place] = f
}

// hold keeps f open as long as the view.
func (v *view) hold(f *os.File) {
	if f != nil {
		v.held = append(v.held, f)
	}
}

// maxLinks is how many links a path may have, as in the kernel (path_resolution(7)).
const maxLinks = 40

// walk is a path on its way.
type walk struct {
	view  *view
	names []string   // where we are; no link among them
	dirs  []*os.File // what they are; nil = nothing is there, or a directory of ours
	mine  []bool     // dirs[i] is the walk's to close
	rest  []string
	links int
}

// resolve follows target's links as a process inside will see them. What does
// not exist is as if it were a directory: it will be made.
func (v *view) resolve(target string) (string, error) {
	w := &walk{view: v, rest: split(target)}
	defer w.up(len(target))
	for len(w.rest) > 0 {
		name := w.rest[0]
		w.rest = w.rest[1:]
		if name == ".." {
			w.up(1)
			continue
		}
		if err := w.enter(name); err != nil {
			return "", fmt.Errorf("mount point %s: at %s: %w", target, path.Join("/", path.Join(w.names...), name), err)
		}
	}
	return "/" + strings.Join(w.names, "/"), nil
}

// up leaves the n innermost names.
func (w *walk) up(n int) {
	for ; n > 0 && len(w.names) > 0; n-- {
		last := len(w.names) - 1
		if w.mine[last] {
			w.dirs[last].Close()
		}
		w.names, w.dirs, w.mine = w.names[:last], w.dirs[:last], w.mine[:last]
	}
}

func (w *walk) here() *os.File {
	if len(w.dirs) == 0 {
		return w.view.root
	}
	return w.dirs[len(w.dirs)-1]
}

func (w *walk) push(name string, f *os.File, mine bool) {
	w.names, w.dirs, w.mine = append(w.names, name), append(w.dirs, f), append(w.mine, mine)
}

// enter goes one name further, or takes a link's target up.
func (w *walk) enter(name string) error {
	if f, ok := w.view.over[path.Join("/", path.Join(w.names...), name)]; ok {
		w.push(name, f, false)
		return nil
	}
	dir := w.here()
	if dir == nil {
		w.push(name, nil, false)
		return nil
	}
	fd, err := unix.Openat(wire.FD(dir), name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		w.push(name, nil, false)
		return nil
	}
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), name)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		f.Close()
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		w.push(name, f, true)
		return nil
	}
	defer f.Close()
	return w.follow(f)
}

// follow puts the link's target in front of the rest.
func (w *walk) follow(link *os.File) error {
	if w.links++; w.links > maxLinks {
		return unix.ELOOP
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(wire.FD(link), "", buf)
	if err != nil {
		return err
	}
	to := string(buf[:n])
	if strings.HasPrefix(to, "/") {
		w.up(len(w.names))
	}
	w.rest = append(split(to), w.rest...)
	return nil
}

// inProc are the files below /proc that may be mounted on, as with docker: what
// lxcfs and its like have for them.
var inProc = []string{
	"cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo",
}

// place resolves a mount's target and refuses places that are the kernel's.
func (v *view) place(target string) (string, error) {
	p, err := v.resolve(target)
	switch {
	case err != nil:
		return "", err
	case p == "/":
		return "", fmt.Errorf("mount point %s: it is the root directory of the container", target)
	case p == "/proc", strings.HasPrefix(p, "/proc/") && !slices.Contains(inProc, p[len("/proc/"):]):
		return "", fmt.Errorf("mount point %s: it leads to %s, where the kernel's own files are", target, p)
	}
	return p, nil
}

func split(p string) []string {
	var out []string
	for name := range strings.SplitSeq(p, "/") {
		if name != "" && name != "." {
			out = append(out, name)
		}
	}
	return out
}
