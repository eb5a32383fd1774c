package sandbox

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// SignalAll makes the program that sends a signal to every process of the pid
// namespace of pidfd's process, those of namespaces below it included, but for
// its first (kill(2), pid -1). The kernel does it in one pass, under the lock
// that a fork has to take: no child slips through.
func SignalAll(pidfd *os.File, sig unix.Signal) *Prepared {
	b := newBuilder()
	fd := b.file(pidfd)
	b.HandOver = fd + 1
	// Who runs inside may see who signals: it must have nothing of outside (handOver).
	b.do("join the container's namespaces", unix.SYS_SETNS, fd, unix.CLONE_NEWNS|unix.CLONE_NEWPID)
	b.do("enter /", unix.SYS_CHDIR, "/")
	b.closeFiles()
	kill := []string{"CAP_KILL"}
	b.capset(&specs.Process{Capabilities: &specs.LinuxCapabilities{Permitted: kill}})
	b.do("be invisible", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	b.Program.HandOver(b.HandOver)
	b.mark(ExecWhat + "kill") // nothing is executed, but the set-up is over
	// Nobody else in there is no failure.
	b.do("signal the container's processes", unix.SYS_KILL, -1, int(sig)).Ignore()
	b.mark(EndWhat)
	b.do(EndWhat, unix.SYS_EXIT_GROUP, 0)
	return b.Prepared
}
