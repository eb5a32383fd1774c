package sandbox

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Command is a process to start in a running container.
type Command struct {
	Process *specs.Process
	// Pidfd is the container's first process.
	Pidfd  *os.File
	Filter []byte
	// LateFilter: the filter may forbid what the hand-over needs, so it is loaded after.
	LateFilter bool
	SingleID   bool
	// HostNet: the container is in the host's net namespace, where we are already.
	HostNet bool
}

// Join makes the program of a command that is executed in a running container.
func Join(c Command) *Prepared {
	b := newBuilder()
	fd := b.file(c.Pidfd)
	b.HandOver = fd + 1
	namespaces := unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP | unix.CLONE_NEWPID
	if !c.HostNet {
		namespaces |= unix.CLONE_NEWNET
	}
	b.mark("join the container's namespaces")
	b.do("join the container's namespaces", unix.SYS_SETNS, fd, namespaces)
	b.do("enter /", unix.SYS_CHDIR, "/")
	b.do("close the program", unix.SYS_CLOSE, StatusFile-1)
	b.do("close the container's pidfd", unix.SYS_CLOSE, fd)
	b.workdir(c.Process.Cwd)
	b.lock(c.Process, lock{filter: c.Filter, late: c.LateFilter, singleID: c.SingleID, inside: true})
	return b.Prepared
}
