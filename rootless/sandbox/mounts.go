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
		if m.Type == "tmpfs" {
			b.tmpfs(m)
		} else {
			b.bind(m)
		}
		b.target(m)
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
		case "noexec":
			attr |= unix.MOUNT_ATTR_NOEXEC
		case "rw", "nosuid", "nodev", "exec":
		default:
			options = append(options, option{key, value})
		}
	}
	b.newFS("make the tmpfs for "+m.Destination, "tmpfs", attr, b.a, options...)
}

// bind makes slot a. Options: bind or rbind, ro.
func (b *builder) bind(m specs.Mount) {
	recursive := slices.Contains(m.Options, "rbind")
	b.clonePath("read "+m.Source, m.Source, recursive, b.a)
	if slices.Contains(m.Options, "ro") {
		b.setAttr("make "+m.Destination+" read-only", b.a, recursive, unix.MOUNT_ATTR_RDONLY)
	}
}

// target opens the mount point in slot b. What is missing on the way is made,
// as docker does: below a volume too, whose directories only exist by now. Where
// nothing can be made (read-only), opening it says so.
func (b *builder) target(m specs.Mount) {
	place, err := b.view.place(m.Destination)
	if err != nil {
		b.Program.Fail(err)
		return
	}
	b.view.cover(place, m)
	file := m.Type != "tmpfs" && !isDirectory(m.Source)
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
