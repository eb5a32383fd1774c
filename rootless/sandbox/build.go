package sandbox

import (
	"encoding/binary"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// FirstFile is the descriptor of the first of [Prepared.Files] in the child: 0-2
// are its standard files, 3 the program, 4 where it reports a failure.
const FirstFile = 5

// StatusFile is the descriptor on which the program reports a failure.
const StatusFile = 4

// Prepared is what a launch needs.
type Prepared struct {
	Program program.Program
	// Files become the descriptors from FirstFile on.
	Files []*os.File
	// Clone are the CLONE_NEW* flags.
	Clone uintptr
	// Join is the index in Files, plus FirstFile, of the pidfd whose pid
	// namespace the process is born in; 0 = none.
	Join int
}

// builder adds steps to a program. Its slots are reused all the time; each
// helper says which it clobbers.
type builder struct {
	*Prepared
	root       program.Slot // the new root, O_PATH
	a, b, c, d program.Slot
	rooms      []string // directories of the host in which mount points can be made
}

func newBuilder() *builder {
	b := &builder{Prepared: &Prepared{}}
	b.root = b.Program.NewSlot()
	b.a, b.b, b.c, b.d = b.Program.NewSlot(), b.Program.NewSlot(), b.Program.NewSlot(), b.Program.NewSlot()
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

const (
	pathFlags = unix.O_PATH | unix.O_CLOEXEC
	dirFlags  = unix.O_PATH | unix.O_CLOEXEC | unix.O_DIRECTORY | unix.O_NOFOLLOW
	inRoot    = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS
	noLinks   = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS
)

// openIn opens a mount point below the directory in slot dir.
func (b *builder) openIn(dir program.Slot, path string, flags, resolve int, to program.Slot) {
	b.openNamed("open mount point /"+strings.TrimPrefix(path, "/"), dir, path, flags, resolve, to)
}

// openNamed opens path below the directory in slot dir (openat2(2)).
func (b *builder) openNamed(what string, dir program.Slot, path string, flags, resolve int, to program.Slot) {
	how := make([]byte, 24) // struct open_how
	binary.NativeEndian.PutUint64(how[0:], uint64(flags))
	binary.NativeEndian.PutUint64(how[16:], uint64(resolve))
	rel := strings.TrimPrefix(path, "/")
	if rel == "" {
		rel = "."
	}
	b.do(what, unix.SYS_OPENAT2, dir, rel, how, len(how)).SaveTo(to)
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

// setAttr sets mount attributes of the tree in slot tree (mount_setattr(2)).
func (b *builder) setAttr(what string, tree program.Slot, recursive bool, set uint64) {
	attr := make([]byte, 32) // struct mount_attr
	binary.NativeEndian.PutUint64(attr[0:], set)
	flags := unix.AT_EMPTY_PATH
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	b.do(what, unix.SYS_MOUNT_SETATTR, tree, "", flags, attr, len(attr))
}

// close gives a kept descriptor back.
func (b *builder) close(s program.Slot) { b.do("close", unix.SYS_CLOSE, s) }
