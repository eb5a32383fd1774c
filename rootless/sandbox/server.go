package sandbox

import (
	"os"

	"golang.org/x/sys/unix"
)

// ServerFile is where the process of [Server] finds the file that it is given.
const ServerFile = "/proc/self/fd/5"

// Server makes the program of a process that serves the project from beside its
// containers: path executed with args (the name first), in the namespaces in
// which it is started, with file as [ServerFile] and no other. own, if it is not
// nil, is executed in place of path: our own binary.
func Server(path string, args []string, file, own *os.File) *Prepared {
	b := newBuilder()
	given := b.file(file)
	b.do("new session", unix.SYS_SETSID)
	b.do("set umask", unix.SYS_UMASK, 0o77)
	b.do("set no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	b.do("enter /", unix.SYS_CHDIR, "/")
	b.signals()
	b.do("close our descriptors", unix.SYS_CLOSE_RANGE, 3, given-1, unix.CLOSE_RANGE_CLOEXEC)
	b.do("close our descriptors", unix.SYS_CLOSE_RANGE, given+1, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	argv, env := b.Program.Strings(args), b.Program.Strings([]string{"PATH=" + DefaultPath})
	if own == nil {
		b.mark(ExecWhat + path)
		b.do(ExecWhat+path, unix.SYS_EXECVE, path, argv, env)
		return b.Prepared
	}
	exe := b.file(own)
	b.mark(ExecWhat + args[0])
	b.do(ExecWhat+args[0], unix.SYS_EXECVEAT, exe, "", argv, env, unix.AT_EMPTY_PATH)
	return b.Prepared
}
