package inside

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// points are the mount points that were missing. They are made for the program and
// removed after it, if it has put nothing there; what the overlay has copied up for them is
// not taken for changed by the harvest.
type points struct {
	made []point
}

// point is a name that was missing, with what is to be made below it.
type point struct {
	dir   *os.File    // where it was made, O_PATH
	names []string    // from there: each is in the one before
	was   unix.Stat_t // of dir, before
}

// make makes what is missing of the spec's mount points, and the working directory.
// base are further directories, which are no links.
func (p *points) make(root *os.File, spec *specs.Spec, sources map[string]sandbox.Source, base []string) error {
	for _, dir := range base {
		if err := p.note(root, []string{dir}); err != nil {
			return err
		}
		if err := unix.Mkdirat(wire.FD(root), dir, 0o755); err != nil && err != unix.EEXIST {
			return fmt.Errorf("mount point /%s: %w", dir, err)
		}
	}
	for _, m := range spec.Mounts {
		names := split(m.Destination)
		if len(names) == 0 || slices.Contains([]string{"dev", "proc", "sys"}, names[0]) {
			continue
		}
		if err := p.note(root, names); err != nil {
			return err
		}
	}
	if err := sandbox.MakeMountPoints(root, spec, sources, exchange.IDs{}); err != nil {
		return err
	}
	for i := range p.made {
		restore(p.made[i].dir, &p.made[i].was)
	}
	return nil
}

// note remembers what is missing of a path.
func (p *points) note(root *os.File, names []string) error {
	dir, err := safepath.OpenInRoot(root, "/", unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	for i := range names {
		next, err := safepath.OpenInRoot(root, "/"+path.Join(names[:i+1]...), unix.O_PATH)
		if err == unix.ENOENT || os.IsNotExist(err) {
			pt := point{dir: dir, names: names[i:]}
			if err := unix.Fstat(wire.FD(dir), &pt.was); err != nil {
				return err
			}
			p.made = append(p.made, pt)
			return nil
		}
		dir.Close()
		if err != nil {
			return err
		}
		dir = next
	}
	return dir.Close()
}

func split(p string) []string {
	return slices.DeleteFunc(strings.Split(path.Clean("/"+p), "/"), func(s string) bool { return s == "" })
}

// restore gives a directory the times that it had.
func restore(dir *os.File, was *unix.Stat_t) {
	times := []unix.Timespec{was.Atim, was.Mtim}
	// Of an O_PATH descriptor only by its name in /proc. A time is not worth an error.
	_ = unix.UtimesNanoAt(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", wire.FD(dir)), times, 0)
}

// remove removes what was made and is still empty. The mounts have gone.
func (p *points) remove() {
	defer p.close()
	for _, pt := range slices.Backward(p.made) {
		var now unix.Stat_t
		if unix.Fstat(wire.FD(pt.dir), &now) != nil {
			continue
		}
		if pt.clear() {
			restore(pt.dir, &now)
		}
	}
}

// clear removes the names, the innermost first, and reports whether the first has gone.
func (pt *point) clear() bool {
	for n := len(pt.names); n > 0; n-- {
		dir, err := openBelow(pt.dir, pt.names[:n-1])
		if err != nil {
			return false
		}
		err = removeEmpty(dir, pt.names[n-1])
		dir.Close()
		if err != nil {
			return false
		}
	}
	return true
}

// openBelow opens a directory and follows no link: what was made were none.
func openBelow(dir *os.File, names []string) (*os.File, error) {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(wire.FD(dir), ".", flags, 0)
	for _, name := range names {
		if err != nil {
			return nil, err
		}
		var next int
		next, err = unix.Openat(fd, name, flags, 0)
		unix.Close(fd)
		fd = next
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "mount point"), nil
}

// removeEmpty removes an empty directory or an empty file.
func removeEmpty(dir *os.File, name string) error {
	err := unix.Unlinkat(wire.FD(dir), name, unix.AT_REMOVEDIR)
	if err != unix.ENOTDIR {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstatat(wire.FD(dir), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > 0 {
		return unix.ENOTEMPTY
	}
	return unix.Unlinkat(wire.FD(dir), name, 0)
}

func (p *points) close() {
	for _, pt := range p.made {
		pt.dir.Close()
	}
	p.made = nil
}
