package sandbox

import "golang.org/x/sys/unix"

// Idle makes the program of a process that has the container's root file system
// with all mounts, and does nothing: through it a container that does not run can
// be looked at. Nothing of the container is executed. It ends by SIGKILL.
func Idle(c Container) *Prepared {
	b := assemble(c)
	// The Go runtime of a portable program signals its own threads, which would
	// end the wait.
	b.do("block all signals", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, []byte("\xff\xff\xff\xff\xff\xff\xff\xff"), 0, 8)
	b.mark(ExecWhat + "nothing")
	b.do("close the status file", unix.SYS_CLOSE, StatusFile)
	b.do("wait for the end", unix.SYS_PPOLL, 0, 0, 0, 0, 0)
	return b.Prepared
}
