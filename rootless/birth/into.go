package birth

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// Child is what to start.
type Child struct {
	Path string
	Args []string // the name first; the environment is empty
	// Files become the descriptors 0, 1, 2, ...
	Files []*os.File
	// Status is the descriptor in the child on which it is reported, as
	// [program.StartStep], if Path cannot be executed.
	Status int
	// Clone are CLONE_NEW* flags.
	Clone uintptr
}

// call is all that the child needs, prepared by the parent.
type call struct {
	path   *byte
	argv   **byte
	envp   **byte
	fds    *int32
	count  uintptr
	status uintptr
	pidfd  int32
}

// cloneArgs is struct clone_args of linux/sched.h.
type cloneArgs struct {
	flags, pidfd, childTid, parentTid, exitSignal, stack, stackSize, tls, setTid, setTidSize, cgroup uint64
}

// Into starts a process in a cgroup, whose directory is group (clone3(2),
// CLONE_INTO_CGROUP, Linux 5.7), as the leader of a process group, with all signals
// blocked, and returns its pidfd.
// It does not wait until the program is executed.
func Into(group *os.File, ch Child) (pidfd int, err error) {
	path, err := unix.BytePtrFromString(ch.Path)
	if err != nil {
		return -1, err
	}
	argv, err := syscall.SlicePtrFromStrings(ch.Args)
	if err != nil {
		return -1, err
	}
	envp := []*byte{nil}
	fds := make([]int32, len(ch.Files), len(ch.Files)+1)
	for i, f := range ch.Files {
		fds[i] = int32(wire.FD(f))
	}
	args := &cloneArgs{
		flags:      uint64(ch.Clone) | unix.CLONE_INTO_CGROUP | unix.CLONE_PIDFD,
		exitSignal: uint64(unix.SIGCHLD),
		cgroup:     uint64(wire.FD(group)),
	}
	c := &call{path, &argv[0], &envp[0], unsafe.SliceData(fds), uintptr(len(fds)), uintptr(ch.Status), -1}
	// As in syscall.ForkExec: nobody opens a file meanwhile that the child would keep.
	syscall.ForkLock.Lock()
	runtime.LockOSThread()
	errno := clone(args, c)
	runtime.UnlockOSThread()
	syscall.ForkLock.Unlock()
	runtime.KeepAlive(ch.Files)
	runtime.KeepAlive(group)
	if errno != 0 {
		return -1, errno
	}
	return int(c.pidfd), nil
}

// clone returns in the parent only. No signal may reach the child while it has our
// handlers, which are Go's.
//
//go:noinline
//go:nosplit
//go:norace
func clone(args *cloneArgs, c *call) unix.Errno {
	all, old := ^uint64(0), uint64(0)
	args.pidfd = uint64(uintptr(unsafe.Pointer(&c.pidfd))) // here, for here the stack does not move
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	pid, _, errno := unix.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	if errno == 0 && pid == 0 {
		become(c)
	}
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
	return errno
}

// become is the child. First all files that lie where others shall go move up, then
// each goes to its place.
//
//go:nosplit
//go:norace
func become(c *call) {
	fds := unsafe.Slice(c.fds, c.count)
	_, _, errno := unix.RawSyscall(unix.SYS_SETPGID, 0, 0, 0)
	if errno != 0 {
		fail(c, errno)
	}
	for i := range fds {
		if uintptr(fds[i]) < c.count && fds[i] != int32(i) {
			var up uintptr
			up, _, errno = unix.RawSyscall(unix.SYS_FCNTL, uintptr(fds[i]), unix.F_DUPFD_CLOEXEC, c.count)
			if errno != 0 {
				fail(c, errno)
			}
			fds[i] = int32(up)
		}
	}
	for i := range fds {
		if fds[i] == int32(i) {
			_, _, errno = unix.RawSyscall(unix.SYS_FCNTL, uintptr(i), unix.F_SETFD, 0)
		} else {
			_, _, errno = unix.RawSyscall(unix.SYS_DUP3, uintptr(fds[i]), uintptr(i), 0)
		}
		if errno != 0 {
			fail(c, errno)
		}
	}
	_, _, errno = unix.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(c.path)), uintptr(unsafe.Pointer(c.argv)), uintptr(unsafe.Pointer(c.envp)))
	fail(c, errno)
}

// fail does what the program does when a step fails.
//
//go:nosplit
//go:norace
func fail(c *call, errno unix.Errno) {
	report := [2]uint32{program.StartStep, uint32(errno)}
	unix.RawSyscall(unix.SYS_WRITE, c.status, uintptr(unsafe.Pointer(&report)), 8)
	for {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 127, 0, 0)
	}
}
