package sandbox

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/seccomp"
)

// Command is a process to start in a running container.
type Command struct {
	Process *specs.Process
	// Pidfd is the container's first process.
	Pidfd  *os.File
	Filter seccomp.Program
	// LateFilter: the filter may forbid what the hand-over needs, so it is loaded after.
	LateFilter bool
	// Cgroup is the group that it is born in, the container's; nil = the holder's.
	Cgroup   *os.File
	SingleID bool
	// UserNS is as in [Container].
	UserNS *os.File
	// Host are the namespaces of the holder that the container has: we are in them
	// already, and may not enter the host's once more.
	Host Share
	// Keyring is as in [Container].
	Keyring string
	// KeepGroups leaves the caller's own supplementary groups in place.
	KeepGroups bool
	// HostNet: the container is in the host's net namespace, where we are already.
	HostNet bool
}

// Join makes the program of a command that is executed in a running container.
func Join(c Command) *Prepared {
	b := newBuilder()
	b.Prepared.Cgroup = c.Cgroup
	fd := b.file(c.Pidfd)
	b.openUser(c.UserNS)
	b.HandOver = FirstFile + len(b.Files)
	b.oomScore(c.Process.OOMScoreAdj)
	namespaces := unix.CLONE_NEWNS | unix.CLONE_NEWPID
	if !c.Host.UTS.Host {
		namespaces |= unix.CLONE_NEWUTS
	}
	if !c.Host.IPC.Host {
		namespaces |= unix.CLONE_NEWIPC
	}
	if !c.Host.HostCgroup {
		namespaces |= unix.CLONE_NEWCGROUP
	}
	if !c.HostNet {
		namespaces |= unix.CLONE_NEWNET
	}
	b.mark("join the container's namespaces")
	b.do("join the container's namespaces", unix.SYS_SETNS, fd, namespaces)
	b.do("enter /", unix.SYS_CHDIR, "/")
	b.enterUser(c.Keyring)
	b.do("close the program", unix.SYS_CLOSE, StatusFile-1)
	b.do("close our files", unix.SYS_CLOSE_RANGE, fd, b.HandOver-1, 0)
	b.workdir(c.Process.Cwd)
	b.lock(c.Process, lock{filter: c.Filter, late: c.LateFilter, keepGroups: c.SingleID || c.KeepGroups, singleID: c.SingleID, keyring: keyringOf(c.Keyring, c.UserNS), inside: true})
	return b.Prepared
}
