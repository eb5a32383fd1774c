package sandbox

import (
	"os"
	"path"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
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
		b.target(m, c.Root == nil)
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

// target opens the mount point in slot b. In our own fresh tmpfs it is made
// here; elsewhere it exists, or was made ahead by [MakeMountPoints].
func (b *builder) target(m specs.Mount, hostRoot bool) {
	if !b.fresh(m.Destination, hostRoot) {
		b.openIn(b.root, m.Destination, pathFlags, inRoot, b.b)
		return
	}
	isFile := m.Type != "tmpfs" && !isDirectory(m.Source)
	parts := strings.Split(strings.Trim(path.Clean(m.Destination), "/"), "/")
	b.do("open the root", unix.SYS_OPENAT, b.root, ".", dirFlags, 0).SaveTo(b.b)
	for i, name := range parts {
		flags := dirFlags
		if i == len(parts)-1 && isFile {
			flags = pathFlags | unix.O_NOFOLLOW
			b.do("make "+m.Destination, unix.SYS_MKNODAT, b.b, name, unix.S_IFREG|0o644, 0).Ignore()
		} else {
			b.do("make "+m.Destination, unix.SYS_MKDIRAT, b.b, name, 0o755).Ignore()
		}
		b.do("open mount point "+m.Destination, unix.SYS_OPENAT, b.b, name, flags, 0).SaveTo(b.c)
		b.close(b.b)
		b.do("keep", unix.SYS_FCNTL, b.c, unix.F_DUPFD_CLOEXEC, 0).SaveTo(b.b)
		b.close(b.c)
	}
}

func isDirectory(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.IsDir()
}
