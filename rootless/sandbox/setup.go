package sandbox

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
)

// Namespaces are those that a container gets by clone. Its net namespace is
// made ahead; its user namespace is that of the user, or one that was made ahead too.
const Namespaces = unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP

// Container is what Setup needs beside the spec.
type Container struct {
	// Spec gives process, host name, mounts (bind and tmpfs), masked and
	// read-only paths, and Root.Readonly.
	Spec *specs.Spec
	// Root is the detached mount of the image, from [Overlay]; nil = the host's
	// root file system.
	Root *os.File
	// Etc is /etc on the host's root file system, from [HostEtc]; nil = the host's.
	Etc *os.File
	// MountPoint is a directory, the same for all sandboxes, to assemble on.
	MountPoint string
	// NetNS is the net namespace; nil = the host's.
	NetNS *os.File
	// UserNS is a user namespace below ours, which the process enters before its program
	// is executed; nil = it stays in ours. All other namespaces are ours.
	UserNS *os.File
	// Exchange is what UserNS does to ids; what we make belongs to its root.
	Exchange exchange.IDs
	// Filter is the seccomp filter.
	Filter seccomp.Program
	// Gate is a pipe whose end the process waits for: before its first step, or when
	// it has come into the shared pid namespace; nil = none.
	Gate *os.File
	// LateFilter is as in [Command]; it counts with Share.PID.Of.
	LateFilter bool
	// Cgroup is the directory of the cgroup that it is born in; nil = the holder's.
	Cgroup *os.File
	// Share are the namespaces that it has in common with others.
	Share Share
	// Privileged: /sys may be written to as far as the kernel lets the user.
	Privileged bool
	// Keyring is the session keyring to leave the caller's for; "" = none, there are
	// no keyrings.
	Keyring string
	// KeepGroups leaves the caller's own supplementary groups in place.
	KeepGroups bool
	// SingleID: no id but 0 is mapped, setgroups(2) is forbidden.
	SingleID bool
	// Init: an init of ours is pid 1, and the process its child.
	Init bool
	// Console is the path of the process's terminal on the host, to be seen as
	// /dev/console; "" = none.
	Console string
	// Hide are directories of the host that a container on the host's root file
	// system must not see: our own, with our sockets and other projects' data.
	Hide []string
	// Sources tell more of the sources of mounts, by destination.
	Sources map[string]Source
	// ShmSize is the size of /dev/shm in bytes; 0 = 64 MiB.
	ShmSize int64
}

// Setup makes the program that becomes the container's first process.
func Setup(c Container) *Prepared {
	b := assemble(c)
	b.lock(c.Spec.Process, lock{filter: c.Filter, late: c.LateFilter, keepGroups: c.SingleID || c.KeepGroups, singleID: c.SingleID, keyring: keyringOf(c.Keyring, c.UserNS), init: c.Init, inside: b.HandOver != 0})
	return b.Prepared
}

// assemble is what comes before the lock: the container's view of the world.
func assemble(c Container) *builder {
	b := newBuilder()
	b.Clone = c.Share.clone()
	b.cgroupNamespace(c)
	b.look(c)
	defer b.view.close()
	if c.Gate != nil && c.Share.PID.Of == nil {
		b.do("wait for the start", unix.SYS_READ, b.file(c.Gate), make([]byte, 1), 1)
	}
	b.oomScore(c.Spec.Process.OOMScoreAdj)
	b.share(c.Share)
	b.join(c)
	b.partsOfTrees(c)
	b.mark("make the root")
	if c.Root != nil {
		b.imageRoot(c)
	} else {
		b.hostRoot(c)
	}
	b.kernel(c)
	if c.Spec.Linux != nil {
		b.sysctls(c.Spec.Linux.Sysctl)
	}
	b.masks(c.Spec)
	b.mounts(c)
	if c.Root == nil {
		b.lockRooms()
		b.hide(c.Hide)
	}
	b.openUser(c.UserNS)
	b.enterPID(c)
	b.pivot(c)
	return b
}

func (b *builder) join(c Container) {
	b.mark("join the net namespace")
	if c.NetNS != nil {
		b.do("join the net namespace", unix.SYS_SETNS, b.file(c.NetNS), unix.CLONE_NEWNET)
	}
	if n := c.Spec.Hostname; n != "" {
		b.do("set host name "+n, unix.SYS_SETHOSTNAME, n, len(n))
	}
	if n := c.Spec.Domainname; n != "" {
		b.do("set domain name "+n, unix.SYS_SETDOMAINNAME, n, len(n))
	}
	b.do("new session", unix.SYS_SETSID).Ignore() // as pid 1 by clone it may lead one already
	b.do("set umask", unix.SYS_UMASK, 0)
}

// imageRoot attaches the image's mount, which was made ahead.
func (b *builder) imageRoot(c Container) {
	fd := b.file(c.Root)
	b.do("attach the root file system", unix.SYS_MOVE_MOUNT, fd, "", unix.AT_FDCWD, c.MountPoint, unix.MOVE_MOUNT_F_EMPTY_PATH)
	b.openRoot(c)
}

func (b *builder) openRoot(c Container) {
	b.do("open the new root", unix.SYS_OPENAT, unix.AT_FDCWD, c.MountPoint, dirFlags, 0).SaveTo(b.root)
}

// pivot makes the new root the root. The old one is stacked below it and
// detached (pivot_root(2), the notes on "." and ".").
func (b *builder) pivot(c Container) {
	if c.Root == nil || (c.Spec.Root != nil && c.Spec.Root.Readonly) {
		b.setAttr("make the root read-only", b.root, false, unix.MOUNT_ATTR_RDONLY)
	}
	b.mark("pivot to the new root")
	b.do("enter the new root", unix.SYS_FCHDIR, b.root)
	b.do("pivot to the new root", unix.SYS_PIVOT_ROOT, ".", ".")
	b.do("leave the old root", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	b.do("enter /", unix.SYS_CHDIR, "/")
	b.enterUser(c.Keyring)
	b.closeFiles()
	b.workdir(c.Spec.Process.Cwd)
}

// closeFiles closes what only the steps so far needed, before a path of the
// image's author is looked at: it may be /proc/self/fd/7 (CVE-2024-21626).
func (b *builder) closeFiles() {
	b.do("close the program", unix.SYS_CLOSE, StatusFile-1)
	if b.HandOver == 0 {
		b.do("close our files", unix.SYS_CLOSE_RANGE, FirstFile, uint32(0xffffffff), 0)
		return
	}
	last := b.HandOver - 1
	if b.gate != 0 {
		last-- // the gate is the last of our files
	}
	b.do("close our files", unix.SYS_CLOSE_RANGE, FirstFile, last, 0)
	b.do("close our files", unix.SYS_CLOSE_RANGE, b.HandOver+1, uint32(0xffffffff), 0)
}

func (b *builder) workdir(dir string) {
	if dir != "" && dir != "/" {
		b.mark(CwdWhat + dir)
		b.do(CwdWhat+dir, unix.SYS_CHDIR, dir)
	}
}
