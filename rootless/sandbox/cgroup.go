package sandbox

import "golang.org/x/sys/unix"

// cgroupNamespace lets the process be born in its cgroup. The group that it is in
// when its namespace is made is the root that is seen from inside. With clone it
// would be that of the parent, for the kernel moves the child after it has made
// the child's namespaces: so it makes this one itself, before anything else.
func (b *builder) cgroupNamespace(c Container) {
	b.Prepared.Cgroup = c.Cgroup
	if c.Cgroup == nil || c.Share.HostCgroup {
		return
	}
	b.Clone &^= unix.CLONE_NEWCGROUP
	b.do("new cgroup namespace", unix.SYS_UNSHARE, unix.CLONE_NEWCGROUP)
}

// cgroup shows the container's own cgroup as the root. A kernel without the v2 tree
// has no such file system: then there is none to show. The cgroup namespace of the
// host cannot be mounted anew, but bound.
//
// It is read-only for everybody. The files of a group belong to the user, who is root
// inside: with a writable mount he could take his own limits away, unless the host's
// is mounted with nsdelegate, and with the host's namespace those of other projects.
// A privileged container may still mount it anew, which shows it no more than this.
func (b *builder) cgroup(c Container) {
	if !hasCgroup2() {
		return
	}
	if c.Share.HostCgroup {
		b.clonePath("read /sys/fs/cgroup of the host", "/sys/fs/cgroup", true, b.a)
		b.setAttr("make /sys/fs/cgroup read-only", b.a, true, unix.MOUNT_ATTR_RDONLY|noneOf)
	} else {
		b.newFS("make /sys/fs/cgroup", "cgroup2", unix.MOUNT_ATTR_RDONLY|noneOf, b.a)
	}
	b.onto("mount /sys/fs/cgroup", "sys/fs/cgroup")
}

// hostCgroups makes the host's hierarchies read-only, which a writable /sys of the host
// has in it: the own group only covers them.
func (b *builder) hostCgroups() {
	b.openPoint("/sys/fs/cgroup", dirFlags, b.b)
	b.setAttr("make the host's cgroups read-only", b.b, true, unix.MOUNT_ATTR_RDONLY)
	b.close(b.b)
}
