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
