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
			if name == "etc" && c.Etc != nil {
				b.hostEtc(c.Etc)
				continue
			}
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
	for _, m := range c.Spec.Mounts {
		b.makeRoom(c, m.Destination)
	}
}

// maxRoom bounds the entries of a directory that is rebuilt for a mount point.
const maxRoom = 512

// makeRoom makes it possible to have a mount point that the host lacks below one
// of its directories, all of which are read-only: the deepest directory that the
// host has is covered by a tmpfs, in which each of its entries is bound again.
// A directory with very many entries is left as it is; then the start fails at
// the mount point.
func (b *builder) makeRoom(c Container, target string) {
	target, err := b.view.resolve(target) // on the host /var/run may be /run, which is ours
	if err != nil {
		b.Program.Fail(err)
		return
	}
	dir := deepest(target)
	if dir == target || freshBelow(target) || slices.Contains(b.rooms, dir) {
		return // it exists, or can be made anyway
	}
	entries, err := entriesOf(c, dir)
	if err != nil || len(entries) > maxRoom {
		return
	}
	b.openPoint(dir, dirFlags, b.b)
	b.newFS("make room in "+dir, "tmpfs", unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOSUID, b.c, option{"mode", "755"}, option{"size", "1m"})
	for _, e := range entries {
		b.again(dir, e)
	}
	b.attach("cover "+dir, b.c, b.b)
	b.close(b.b)
	b.close(b.c)
	b.rooms = append(b.rooms, dir)
}

// lockRooms makes the rebuilt directories as read-only as the host's own, once
// all mount points are made.
func (b *builder) lockRooms() {
	for _, dir := range b.rooms {
		b.openPoint(dir, dirFlags, b.b)
		b.setAttr("make "+dir+" read-only", b.b, false, unix.MOUNT_ATTR_RDONLY)
		b.close(b.b)
	}
}

// again binds an entry of a host's directory into the tmpfs in slot c.
func (b *builder) again(dir string, e os.DirEntry) {
	name, source := e.Name(), path.Join(dir, e.Name())
	switch {
	case e.Type()&os.ModeSymlink != 0:
		if to, err := os.Readlink(source); err == nil {
			b.do("link "+source, unix.SYS_SYMLINKAT, to, b.c, name)
		}
		return
	case e.IsDir():
		b.do("make "+source, unix.SYS_MKDIRAT, b.c, name, 0o755)
	default:
		b.do("make "+source, unix.SYS_MKNODAT, b.c, name, unix.S_IFREG|0o644, 0)
	}
	b.do("read "+source+" of the host", unix.SYS_OPEN_TREE, b.b, name, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE).SaveTo(b.a)
	b.setAttr("make "+source+" read-only", b.a, true, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID)
	b.attachAt("mount "+source+" of the host", b.a, b.c, name)
	b.close(b.a)
}

// deepest is the deepest directory on the way to p that the host has.
func deepest(p string) string {
	p = path.Clean(p)
	for p != "/" && !isDirectory(p) {
		if _, err := os.Lstat(p); err == nil {
			return p // a file to mount on
		}
		p = path.Dir(p)
	}
	return p
}

// hide covers directories, after all mounts: what was bound from below them stays.
func (b *builder) hide(dirs []string) {
	for _, d := range dirs {
		if freshBelow(d) || !isDirectory(d) {
			continue // not to be seen anyway
		}
		place, err := b.view.resolve(d)
		if err != nil {
			b.Program.Fail(err)
			return
		}
		b.newFS("make an empty directory", "tmpfs", unix.MOUNT_ATTR_RDONLY|noneOf, b.a, option{"nr_inodes", "1"})
		b.openPoint(place, dirFlags, b.b)
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

// freshBelow tells whether target lies where nothing of the host is, so that its
// mount point has to be made inside: in one of our own tmpfs.
func freshBelow(target string) bool {
	first, _ := cutFirst(target)
	if slices.Contains(notFromHost, first) {
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
