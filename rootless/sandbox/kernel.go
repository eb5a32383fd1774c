package sandbox

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// deviceNodes are bound from the host: a plain user cannot make them.
var deviceNodes = []string{"null", "zero", "full", "random", "urandom", "tty"}

// HasDevice tells whether every container has something of ours at the path.
func HasDevice(path string) bool {
	name, ok := strings.CutPrefix(path, "/dev/")
	return ok && (name == "ptmx" || name == "console" || slices.Contains(deviceNodes, name))
}

// deviceLinks are what runtime-spec (config-linux, "Dev symbolic links") asks for.
var deviceLinks = [][2]string{
	{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
	{"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}, {"/proc/kcore", "core"},
}

const noneOf = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC

// kernel mounts what the kernel itself shows.
func (b *builder) kernel(c Container) {
	b.mark("mount /proc")
	b.proc(c.Share)
	b.onto("mount /proc", "proc")
	b.dev(c)
	b.sys(c)
}

// onto mounts slot a on a directory of the new root that must be no link:
// a link planted there would be an attack (CVE-2019-19921).
func (b *builder) onto(what, dir string) {
	b.openPoint("/"+dir, dirFlags, b.b)
	b.attach(what, b.a, b.b)
	b.close(b.a)
	b.close(b.b)
}

func (b *builder) dev(c Container) {
	b.mark("mount /dev")
	b.newFS("make /dev", "tmpfs", unix.MOUNT_ATTR_NOSUID, b.c, append(rootOptions(c.Exchange), option{"mode", "755"}, option{"size", "64k"})...)
	b.openPoint("/dev", dirFlags, b.b)
	b.attach("mount /dev", b.c, b.b)
	b.close(b.b)
	for _, n := range deviceNodes {
		b.node(n, "/dev/"+n)
	}
	for _, l := range deviceLinks {
		b.do("link /dev/"+l[1], unix.SYS_SYMLINKAT, l[0], b.c, l[1])
		if x := c.Exchange; !x.None() {
			b.do("own /dev/"+l[1], unix.SYS_FCHOWNAT, b.c, l[1], x.UID, x.GID, unix.AT_SYMLINK_NOFOLLOW)
		}
	}
	pts := []option{{"newinstance", ""}, {"ptmxmode", "0666"}, {"mode", "0620"}}
	if !c.SingleID {
		const tty = 5 // as every distribution has it
		pts = append(pts, option{"gid", strconv.FormatUint(uint64(c.Exchange.Group(tty)), 10)})
	}
	b.subDev("pts", "devpts", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, pts...)
	b.ipcFiles(c)
	if c.Console != "" {
		b.node("console", c.Console)
	}
	b.close(b.c)
}

// node binds a device node of the host into /dev (slot c).
func (b *builder) node(name, source string) {
	b.do("make /dev/"+name, unix.SYS_MKNODAT, b.c, name, unix.S_IFREG|0o666, 0)
	b.clonePath("read "+source+" of the host", source, false, b.a)
	b.attachAt("mount /dev/"+name, b.a, b.c, name)
	b.close(b.a)
}

func (b *builder) subDev(name, fstype string, attr int, options ...option) {
	b.do("make /dev/"+name, unix.SYS_MKDIRAT, b.c, name, 0o755)
	b.newFS("make /dev/"+name, fstype, attr, b.a, options...)
	b.attachAt("mount /dev/"+name, b.a, b.c, name)
	b.close(b.a)
}

// sys shows the net namespace's devices; of the host's net namespace the
// kernel lets us make no sysfs, so there the host's own is bound. A privileged
// container may write to it as far as the kernel lets its user.
func (b *builder) sys(c Container) {
	b.mark("mount /sys")
	attr := unix.MOUNT_ATTR_RDONLY | noneOf
	if c.Privileged && !isReadOnly("/sys") {
		attr = noneOf
	}
	if c.NetNS == nil {
		b.clonePath("read /sys of the host", "/sys", true, b.a)
		b.setAttr("restrict /sys", b.a, true, uint64(attr))
	} else {
		b.newFS("make /sys", "sysfs", attr, b.a)
	}
	b.onto("mount /sys", "sys")
	if c.NetNS == nil && attr == noneOf && hasCgroupMount() {
		b.hostCgroups()
	}
	b.cgroup(c)
}

// isReadOnly tells whether the host's mount at path is: the kernel makes no
// writable copy of what is read-only everywhere (mount_namespaces(7)).
func isReadOnly(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) != nil || st.Flags&unix.ST_RDONLY != 0
}
