package sandbox

import (
	"maps"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// partsOfTrees opens the subpaths of detached mounts. What is mounted nowhere
// cannot be copied in part (open_tree(2), EINVAL before Linux 6.15), so each is
// mounted for a moment where the root will be.
func (b *builder) partsOfTrees(c Container) {
	b.parts = map[string]program.Slot{}
	for _, dest := range slices.Sorted(maps.Keys(c.Sources)) {
		if s := c.Sources[dest]; s.Tree == nil || s.Subpath == "" {
			continue
		}
		src, err := c.Sources[dest].open(specs.Mount{Destination: dest, Source: "the image"})
		if err != nil {
			b.Program.Fail(err)
			return
		}
		b.view.hold(src.file)
		what := "read " + src.Subpath + " for " + dest
		b.do(what, unix.SYS_MOVE_MOUNT, b.file(src.Tree), "", unix.AT_FDCWD, c.MountPoint, unix.MOVE_MOUNT_F_EMPTY_PATH)
		b.do(what, unix.SYS_OPENAT, unix.AT_FDCWD, c.MountPoint, dirFlags, 0).SaveTo(b.a)
		b.descendFrom(b.a, what, src.place, src.flags(), b.b, nil)
		b.parts[dest] = b.Program.NewSlot()
		b.cloneOpen(what, b.b, false, b.parts[dest])
		b.close(b.a)
		b.close(b.b)
		b.do(what, unix.SYS_UMOUNT2, c.MountPoint, unix.MNT_DETACH)
	}
}

// tree makes slot a of a detached mount, or of a part of it.
func (b *builder) tree(m specs.Mount, src opened) {
	what := "mount " + m.Destination
	if part, ok := b.parts[m.Destination]; ok {
		b.do(what, unix.SYS_FCNTL, part, unix.F_DUPFD_CLOEXEC, 0).SaveTo(b.a)
		b.close(part)
	} else {
		b.do(what, unix.SYS_FCNTL, b.file(src.Tree), unix.F_DUPFD_CLOEXEC, 0).SaveTo(b.a)
	}
	b.bindAttr(m, false)
}
