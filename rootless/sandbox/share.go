package sandbox

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Share says which namespaces a container has in common with others, instead of
// new ones.
type Share struct {
	PID, IPC, UTS With
	// HostCgroup: the container sees the whole cgroup tree, as the holder does.
	HostCgroup bool
	// Proc is the detached /proc of the container whose pid namespace is shared.
	Proc *os.File
	// Shm is the detached mount to be seen at /dev/shm, that of the container
	// whose ipc namespace is shared; nil = a new one, or the host's with it.
	Shm *os.File
}

// With is whose namespace is shared. Its zero value: nobody's.
type With struct {
	// Host: the one that the project holder is in. That is the host's, but for
	// pids: there it is the project's.
	Host bool
	// Of is the pidfd of a container's first process.
	Of *os.File
}

func (w With) any() bool { return w.Host || w.Of != nil }

// clone are the namespaces that are new.
func (s Share) clone() uintptr {
	flags := uintptr(Namespaces)
	for _, n := range []struct {
		shared bool
		flag   uintptr
	}{
		{s.PID.any(), unix.CLONE_NEWPID}, {s.IPC.any(), unix.CLONE_NEWIPC}, {s.UTS.any(), unix.CLONE_NEWUTS},
		{s.HostCgroup, unix.CLONE_NEWCGROUP},
	} {
		if n.shared {
			flags &^= n.flag
		}
	}
	return flags
}

// share enters the namespaces of others, but that of pids.
func (b *builder) share(s Share) {
	if s.IPC.Of != nil {
		b.do("join the ipc namespace", unix.SYS_SETNS, b.file(s.IPC.Of), unix.CLONE_NEWIPC)
	}
	if s.UTS.Of != nil {
		b.do("join the uts namespace", unix.SYS_SETNS, b.file(s.UTS.Of), unix.CLONE_NEWUTS)
	}
}

// enterPID joins a shared pid namespace: only a child is born in it (setns(2)), so
// what is done before the hand-over is never seen in there.
func (b *builder) enterPID(c Container) {
	if c.Share.PID.Of == nil {
		return
	}
	b.do("join the pid namespace", unix.SYS_SETNS, b.file(c.Share.PID.Of), unix.CLONE_NEWPID)
	if c.Gate != nil {
		b.gate = b.file(c.Gate)
	}
	b.HandOver = FirstFile + len(b.Files)
}

// proc makes /proc in slot a. In a shared pid namespace it is the other's: we are
// not in there yet, and the kernel would show us our own.
func (b *builder) proc(s Share) {
	if s.Proc != nil {
		b.do("take the shared /proc", unix.SYS_FCNTL, b.file(s.Proc), unix.F_DUPFD_CLOEXEC, 0).SaveTo(b.a)
		return
	}
	b.newFS("make /proc", "proc", noneOf, b.a)
}

// oomScore says how gladly the kernel ends the process when memory is short
// (proc_pid_oom_score_adj(5)). It is written while /proc is still the holder's.
func (b *builder) oomScore(score *int) {
	if score == nil {
		return
	}
	value := strconv.Itoa(*score)
	what := "set oom_score_adj " + value
	b.do(what, unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/self/oom_score_adj", unix.O_WRONLY|unix.O_CLOEXEC, 0).SaveTo(b.a)
	b.do(what, unix.SYS_WRITE, b.a, value, len(value))
	b.close(b.a)
}

// ipcFiles mounts /dev/shm and /dev/mqueue below /dev (slot c). They belong to
// the ipc namespace: who shares it shares them.
func (b *builder) ipcFiles(c Container) {
	switch {
	case c.Share.Shm != nil:
		b.do("make /dev/shm", unix.SYS_MKDIRAT, b.c, "shm", 0o755)
		b.do("mount the shared /dev/shm", unix.SYS_MOVE_MOUNT, b.file(c.Share.Shm), "", b.c, "shm", unix.MOVE_MOUNT_F_EMPTY_PATH)
	case c.Share.IPC.Host:
		b.hostDir("shm")
	default:
		size := c.ShmSize
		if size == 0 {
			size = 64 << 20
		}
		b.subDev("shm", "tmpfs", noneOf, append(rootOptions(c.Exchange), option{"mode", "1777"}, option{"size", strconv.FormatInt(size, 10)})...)
	}
	if c.Share.IPC.Host {
		b.hostDir("mqueue") // the kernel makes no new view of the host's queues for us
		return
	}
	b.subDev("mqueue", "mqueue", noneOf)
}

// hostDir binds a directory of the host's /dev, if it has one.
func (b *builder) hostDir(name string) {
	if _, err := os.Stat("/dev/" + name); err != nil {
		return
	}
	b.do("make /dev/"+name, unix.SYS_MKDIRAT, b.c, name, 0o755)
	b.clonePath("read /dev/"+name+" of the host", "/dev/"+name, false, b.a)
	b.attachAt("mount /dev/"+name, b.a, b.c, name)
	b.close(b.a)
}

// Tree makes a detached copy of the mount at path inside the mount namespace of
// the process behind pidfd, for [Share]. What runs there may have put something
// else in its place: no link is followed, and it must be the root of a file
// system of this kind (statfs(2)).
func Tree(pidfd *os.File, path string, kind int64) (*os.File, error) {
	return inMountNS(pidfd, func() (*os.File, error) { return treeHere(path, kind) })
}

func treeHere(path string, kind int64) (*os.File, error) {
	root, err := unix.Open("/", dirFlags, 0)
	if err != nil {
		return nil, err
	}
	dir := root
	defer func() { unix.Close(dir) }()
	for _, name := range split(path) { // one by one: no link is followed, whoever put it there
		next, err := unix.Openat(dir, name, dirFlags, 0)
		if err != nil {
			return nil, err
		}
		unix.Close(dir)
		dir = next
	}
	var fs unix.Statfs_t
	var st unix.Statx_t
	if err := unix.Fstatfs(dir, &fs); err != nil {
		return nil, err
	}
	if err := unix.Statx(dir, "", unix.AT_EMPTY_PATH, 0, &st); err != nil {
		return nil, err
	}
	whole := kind != unix.PROC_SUPER_MAGIC || st.Ino == 1 // PROC_ROOT_INO: no part of it was bound there
	if int64(fs.Type) != kind || st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 || !whole {
		return nil, errors.New("something else is mounted there")
	}
	fd, err := unix.OpenTree(dir, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}
