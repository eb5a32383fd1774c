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
	Pidfd    *os.File
	Filter   []byte
	SingleID bool
	// HostNet: the container is in the host's net namespace, where we are already.
	HostNet bool
}

// Join makes the program of a command that is executed in a running container.
func Join(c Command) *Prepared {
	b := newBuilder()
	fd := b.file(c.Pidfd)
	b.Join = fd
	// What runs inside must not look into us while we are on our way (CVE-2016-9962).
	b.do("be invisible", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	namespaces := unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP
	if !c.HostNet {
		namespaces |= unix.CLONE_NEWNET
	}
	b.do("join the container's namespaces", unix.SYS_SETNS, fd, namespaces)
	b.do("new session", unix.SYS_SETSID)
	b.do("enter /", unix.SYS_CHDIR, "/")
	b.workdir(c.Process.Cwd)
	b.lock(c.Process, c.Filter, c.SingleID, c.Process.Terminal, false)
	return b.Prepared
}
