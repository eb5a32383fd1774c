package sandbox

import (
	"os"
	"path"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// mounts attaches the mounts of the spec, parents before children and
// otherwise in the given order, so that a later one covers an earlier one.
func (b *builder) mounts(c Container) {
	list := slices.Clone(c.Spec.Mounts)
	slices.SortStableFunc(list, func(x, y specs.Mount) int {
		return depth(x.Destination) - depth(y.Destination)
	})
	for _, m := range list {
		b.mark("mount " + m.Destination)
		src, err := c.Sources[m.Destination].open(m)
		if err != nil {
			b.Program.Fail(err)
			return
		}
		b.view.hold(src.file)
		switch {
		case m.Type == "tmpfs":
			b.tmpfs(m)
		case src.Tree != nil:
			b.tree(m, src)
		default:
			b.bind(m, src)
		}
		b.target(m, src)
		b.attach("mount "+m.Destination, b.a, b.b)
		b.close(b.a)
		b.close(b.b)
	}
}

func depth(p string) int {
	p = path.Clean(p)
	if p == "/" {
		return 0
	}
	return strings.Count(p, "/")
}

// mountFlags are the flags of mounts by the names that mount(8) has for them.
var mountFlags = map[string]int{
	"noexec": unix.MOUNT_ATTR_NOEXEC, "nosuid": unix.MOUNT_ATTR_NOSUID, "nodev": unix.MOUNT_ATTR_NODEV,
	"noatime": unix.MOUNT_ATTR_NOATIME, "nodiratime": unix.MOUNT_ATTR_NODIRATIME,
}

// tmpfs makes slot a. Options are those of the file system (size, mode, uid,
// gid) and the mount flags that runtimes know by name.
func (b *builder) tmpfs(m specs.Mount) {
	attr := unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV
	var options []option
	for _, o := range m.Options {
		key, value, _ := strings.Cut(o, "=")
		switch o {
		case "ro":
			attr |= unix.MOUNT_ATTR_RDONLY
		case "rw", "exec", "relatime", "defaults":
		default:
			if flag, ok := mountFlags[o]; ok {
				attr |= flag
				continue
			}
			options = append(options, option{key, value})
		}
	}
	b.newFS("make the tmpfs for "+m.Destination, "tmpfs", attr, b.a, options...)
}

// bind makes slot a. Options: bind or rbind; ro, or rro for all that is mounted
// below too; noexec and the like; private, slave or rslave in place of rprivate.
func (b *builder) bind(m specs.Mount, src opened) {
	recursive := slices.Contains(m.Options, "rbind")
	if src.Subpath == "" {
		b.clonePath("read "+m.Source, m.Source, recursive, b.a)
	} else {
		what := "read " + src.Subpath + " in " + m.Source
		b.do("read "+m.Source, unix.SYS_OPENAT, unix.AT_FDCWD, m.Source, unix.O_PATH|unix.O_CLOEXEC|unix.O_DIRECTORY, 0).SaveTo(b.c)
		b.descendFrom(b.c, what, src.place, src.flags(), b.d, nil)
		b.cloneOpen(what, b.d, recursive, b.a)
		b.close(b.c)
		b.close(b.d)
	}
	b.bindAttr(m, recursive)
}

// bindAttr sets flags and propagation of slot a. All mounts of the host are
// slaves here (package rootless), so slave is what is left when nothing is done.
func (b *builder) bindAttr(m specs.Mount, recursive bool) {
	var all, top mountAttr
	all.propagation = unix.MS_PRIVATE
	for _, o := range m.Options {
		switch o {
		case "ro":
			top.set |= unix.MOUNT_ATTR_RDONLY
		case "rro":
			all.set |= unix.MOUNT_ATTR_RDONLY
		case "private":
			top.propagation, all.propagation = unix.MS_PRIVATE, 0
		case "slave", "rslave":
			all.propagation = 0
		default:
			top.set |= uint64(mountFlags[o])
		}
	}
	if !recursive {
		top.set |= all.set
		top.propagation |= all.propagation
		all = mountAttr{}
	}
	what := "make " + m.Destination
	if (all.set|top.set)&unix.MOUNT_ATTR_RDONLY != 0 {
		what += " read-only"
	}
	b.change(what, b.a, true, all)
	b.change(what, b.a, false, top)
}

// target opens the mount point in slot b. What is missing on the way is made,
// as docker does: below a volume too, whose directories only exist by now. Where
// nothing can be made (read-only), opening it says so.
func (b *builder) target(m specs.Mount, src opened) {
	place, err := b.view.place(m.Destination)
	if err != nil {
		b.Program.Fail(err)
		return
	}
	b.view.cover(place, src.file)
	file := !src.isDir
	last := dirFlags
	if file {
		last = pathFlags
	}
	what := "open mount point " + m.Destination
	if place != path.Clean(m.Destination) {
		what += " (" + place + ")"
	}
	b.descend(what, place, last, b.b, func(dir program.Slot, name string, last bool) {
		if last && file {
			b.do("make "+m.Destination, unix.SYS_MKNODAT, dir, name, unix.S_IFREG|0o644, 0).Ignore()
			return
		}
		b.do("make "+m.Destination, unix.SYS_MKDIRAT, dir, name, 0o755).Ignore()
	})
}

func isDirectory(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.IsDir()
}
