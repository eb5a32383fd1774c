package sandbox

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// FirstFile is the descriptor of the first of [Prepared.Files] in the child: 0-2
// are its standard files, 3 the program, 4 where it reports a failure.
const FirstFile = 5

// EndWhat is the last mark of a program that executes nothing, but ends.
const EndWhat = "end"

// BecomeWhat begins the names of the steps that change ids, GroupsWhat is that of groups.
const BecomeWhat, GroupsWhat = "become ", "set supplementary groups"

// CwdWhat begins the name of the step that enters the working directory.
const CwdWhat = "enter working directory "

// StatusFile is the descriptor on which the program reports a failure.
const StatusFile = 4

// Prepared is what a launch needs.
type Prepared struct {
	Program program.Program
	// Files become the descriptors from FirstFile on.
	Files []*os.File
	// Clone are the CLONE_NEW* flags.
	Clone uintptr
	// HandOver is the descriptor of the socket on which the process hands over to
	// one inside (program.HandOver); 0 = it does not.
	HandOver int
	// Cgroup is the group that the process is born in; nil = the holder's.
	Cgroup *os.File
}

// builder adds steps to a program. Its slots are reused all the time; each
// helper says which it clobbers.
type builder struct {
	*Prepared
	root       program.Slot // the new root, O_PATH
	a, b, c, d program.Slot
	way        [2]program.Slot         // of descend
	view       *view                   // what mount points are resolved in
	user       int                     // the user namespace to enter; 0 = none
	gate       int                     // the pipe that a process waits for after the hand-over; 0 = none
	rooms      []string                // directories of the host that are rebuilt for mount points, without links
	parts      map[string]program.Slot // of detached mounts, by destination
}

func newBuilder() *builder {
	b := &builder{Prepared: &Prepared{}}
	b.root = b.Program.NewSlot()
	b.a, b.b, b.c, b.d = b.Program.NewSlot(), b.Program.NewSlot(), b.Program.NewSlot(), b.Program.NewSlot()
	b.way = [2]program.Slot{b.Program.NewSlot(), b.Program.NewSlot()}
	return b
}

// file adds a file and returns the descriptor that the child will find it at.
func (b *builder) file(f *os.File) int {
	b.Files = append(b.Files, f)
	return FirstFile + len(b.Files) - 1
}

func (b *builder) do(what string, nr uintptr, args ...any) program.Step {
	return b.Program.Do(what, nr, args...)
}

// mark tells the supervisor how far the set-up has come: what it does next.
func (b *builder) mark(what string) { b.Program.Mark(StatusFile, what) }

const (
	pathFlags = unix.O_PATH | unix.O_CLOEXEC
	dirFlags  = unix.O_PATH | unix.O_CLOEXEC | unix.O_DIRECTORY | unix.O_NOFOLLOW
)

// openPoint opens a mount point of the new root in slot to; see descend.
func (b *builder) openPoint(path string, flags int, to program.Slot) {
	b.descend("open mount point "+path, path, flags, to, nil)
}

// descend opens path below the new root name by name, and follows no link: not
// one that was planted, nor one that somebody puts there while we are at it.
// make, if there is one, adds the step that makes a name in the directory in slot dir.
func (b *builder) descend(what, path string, flags int, to program.Slot, make func(dir program.Slot, name string, last bool)) {
	b.descendFrom(b.root, what, path, flags, to, make)
}

// descendFrom is descend below the directory in slot from.
func (b *builder) descendFrom(from program.Slot, what, path string, flags int, to program.Slot, make func(dir program.Slot, name string, last bool)) {
	names := split(path)
	if len(names) == 0 {
		names = []string{"."}
	}
	at := from
	for i, name := range names {
		last := i == len(names)-1
		next, f := b.way[i%2], dirFlags
		if last {
			next, f = to, flags|unix.O_NOFOLLOW
		}
		if make != nil {
			make(at, name, last)
		}
		b.do(what, unix.SYS_OPENAT, at, name, f, 0).SaveTo(next)
		if i > 0 {
			b.close(at)
		}
		at = next
	}
}

// attach mounts the detached tree in slot tree on the place in slot target.
func (b *builder) attach(what string, tree, target program.Slot) {
	b.do(what, unix.SYS_MOVE_MOUNT, tree, "", target, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

// attachAt mounts the detached tree on a name below a directory of our own making.
func (b *builder) attachAt(what string, tree, dir program.Slot, name string) {
	b.do(what, unix.SYS_MOVE_MOUNT, tree, "", dir, name, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// option is a file system parameter (fsconfig(2)); without a value it is a flag.
type option struct{ key, value string }

// newFS makes a file system, mounted nowhere yet, in slot to. It clobbers d.
func (b *builder) newFS(what, fstype string, attr int, to program.Slot, options ...option) {
	b.do(what, unix.SYS_FSOPEN, fstype, unix.FSOPEN_CLOEXEC).SaveTo(b.d)
	for _, o := range options {
		if o.value == "" {
			b.do(what+" ("+o.key+")", unix.SYS_FSCONFIG, b.d, unix.FSCONFIG_SET_FLAG, o.key, 0, 0)
			continue
		}
		b.do(what+" ("+o.key+"="+o.value+")", unix.SYS_FSCONFIG, b.d, unix.FSCONFIG_SET_STRING, o.key, o.value, 0)
	}
	b.do(what, unix.SYS_FSCONFIG, b.d, unix.FSCONFIG_CMD_CREATE, 0, 0, 0)
	b.do(what, unix.SYS_FSMOUNT, b.d, unix.FSMOUNT_CLOEXEC, attr).SaveTo(to)
	b.do("close", unix.SYS_CLOSE, b.d)
}

// clonePath makes a detached copy of the mount tree at a path of the host, in slot to.
func (b *builder) clonePath(what, path string, recursive bool, to program.Slot) {
	flags := unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	at := unix.AT_FDCWD
	b.do(what, unix.SYS_OPEN_TREE, at, path, flags).SaveTo(to)
}

// cloneOpen makes a detached copy of the mount tree at slot from, in slot to.
func (b *builder) cloneOpen(what string, from program.Slot, recursive bool, to program.Slot) {
	flags := unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_EMPTY_PATH
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	b.do(what, unix.SYS_OPEN_TREE, from, "", flags).SaveTo(to)
}

// setAttr sets mount attributes of the tree in slot tree (mount_setattr(2)).
func (b *builder) setAttr(what string, tree program.Slot, recursive bool, set uint64) {
	b.change(what, tree, recursive, mountAttr{set: set})
}

// mountAttr is what changes of a mount; the zero value is nothing.
type mountAttr struct{ set, propagation uint64 }

// change changes the tree in slot tree (mount_setattr(2)).
func (b *builder) change(what string, tree program.Slot, recursive bool, a mountAttr) {
	if a == (mountAttr{}) {
		return
	}
	attr := make([]byte, 32) // struct mount_attr
	binary.NativeEndian.PutUint64(attr[0:], a.set)
	binary.NativeEndian.PutUint64(attr[16:], a.propagation)
	flags := unix.AT_EMPTY_PATH
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	b.do(what, unix.SYS_MOUNT_SETATTR, tree, "", flags, attr, len(attr))
}

// close gives a kept descriptor back.
func (b *builder) close(s program.Slot) { b.do("close", unix.SYS_CLOSE, s) }
