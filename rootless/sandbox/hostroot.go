package sandbox

import (
	"os"
	"path"
	"slices"

	"golang.org/x/sys/unix"
)

// notFromHost are the top-level directories that a container without an image
// gets fresh, whatever the host has there.
var notFromHost = []string{"proc", "sys", "dev", "run", "tmp"}

// hostRoot assembles a root of the host's top-level directories, read-only,
// below a tmpfs, so that a mount point like /data can be had although the host
// has none.
func (b *builder) hostRoot(c Container) {
	b.newFS("make the root", "tmpfs", unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOSUID, b.a, option{"mode", "755"}, option{"size", "16m"})
	b.do("attach the root", unix.SYS_MOVE_MOUNT, b.a, "", unix.AT_FDCWD, c.MountPoint, unix.MOVE_MOUNT_F_EMPTY_PATH)
	b.openRoot(c)
	for _, e := range hostEntries() {
		name := e.Name()
		switch {
		case e.Type()&os.ModeSymlink != 0:
			if to, err := os.Readlink("/" + name); err == nil {
				b.do("link /"+name, unix.SYS_SYMLINKAT, to, b.root, name)
			}
		case e.IsDir():
			b.do("make /"+name, unix.SYS_MKDIRAT, b.root, name, 0o755)
			b.clonePath("read /"+name+" of the host", "/"+name, true, b.a)
			b.setAttr("make /"+name+" read-only", b.a, true, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID)
			b.attachAt("mount /"+name+" of the host", b.a, b.root, name)
			b.close(b.a)
		}
	}
	for _, d := range notFromHost {
		b.do("make /"+d, unix.SYS_MKDIRAT, b.root, d, 0o755)
	}
	b.freshTmpfs("run", "755")
	b.freshTmpfs("tmp", "1777")
}

// hide covers directories, after all mounts: what was bound from below them stays.
func (b *builder) hide(dirs []string) {
	for _, d := range dirs {
		if freshBelow(d, true) || !isDirectory(d) {
			continue // not to be seen anyway
		}
		b.newFS("make an empty directory", "tmpfs", unix.MOUNT_ATTR_RDONLY|noneOf, b.a, option{"nr_inodes", "1"})
		b.openIn(b.root, d, pathFlags, inRoot, b.b)
		b.attach("hide "+d, b.a, b.b)
		b.close(b.a)
		b.close(b.b)
	}
}

func (b *builder) freshTmpfs(name, mode string) {
	b.newFS("make /"+name, "tmpfs", unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOSUID, b.a, option{"mode", mode})
	b.attachAt("mount /"+name, b.a, b.root, name)
	b.close(b.a)
}

// hostEntries are the entries of the host's root that a container sees.
func hostEntries() []os.DirEntry {
	entries, err := os.ReadDir("/")
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return slices.Contains(notFromHost, e.Name()) || e.Name() == "lost+found"
	})
}

// freshBelow tells whether target lies where nothing of the host or an image
// is, so that its mount point has to be made inside: in one of our own tmpfs.
func freshBelow(target string, hostRoot bool) bool {
	first, _ := cutFirst(target)
	if first == "dev" {
		return true
	}
	if !hostRoot {
		return false
	}
	if first == "run" || first == "tmp" {
		return true
	}
	_, err := os.Lstat("/" + first)
	return err != nil
}

// cutFirst splits a path into its first component and the rest.
func cutFirst(p string) (first, rest string) {
	p = path.Clean("/" + p)[1:]
	for i := range len(p) {
		if p[i] == '/' {
			return p[:i], p[i+1:]
		}
	}
	return p, ""
}
