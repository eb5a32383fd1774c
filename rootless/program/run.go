package program

import (
	"encoding/binary"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Run executes the list in file descriptor list in this process, and does not
// return. The process must be fresh: the caller's other threads and files are
// of no more use. Errors of Run itself are reported as a failure of step 0.
func Run(list, status int) {
	runtime.LockOSThread()
	_ = unix.Unshare(unix.CLONE_FS) // a mount namespace is only joined by who shares its root with no other thread
	base, err := mapProgram(list)
	if err != nil {
		report(status, 0, unix.EINVAL)
	}
	interpret(base)
	os.Exit(127)
}

// mapProgram puts the bytes where their addresses say.
func mapProgram(list int) (unsafe.Pointer, error) {
	var st unix.Stat_t
	if err := unix.Fstat(list, &st); err != nil {
		return nil, err
	}
	b := make([]byte, st.Size)
	if _, err := unix.Pread(list, b, 0); err != nil {
		return nil, err
	}
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED_NOREPLACE
	addr, _, errno := unix.Syscall6(unix.SYS_MMAP, dataBase, uintptr(st.Size), prot, flags, ^uintptr(0), 0)
	if errno != 0 {
		return nil, errno
	}
	at := *(*unsafe.Pointer)(unsafe.Pointer(&addr)) // no Go memory: the collector does not care
	copy(unsafe.Slice((*byte)(at), len(b)), b)
	return at, nil
}

// interpret is the stub in Go. After the fork step there is one thread and no
// scheduler in the child, so that from there on nothing but raw calls may happen.
//
//go:nosplit
//go:norace
func interpret(base unsafe.Pointer) {
	count := *(*uint64)(base)
	slots := (*[maxSlots]uint64)(unsafe.Add(base, slotsAt))
	steps := unsafe.Add(base, int(*(*uint64)(unsafe.Add(base, 40))-dataBase))
	status := *(*uint64)(unsafe.Add(base, 24))
	for i := uint64(0); i < count; i++ {
		s := (*step)(unsafe.Add(steps, int(i*stepSize)))
		var r uintptr
		var errno unix.Errno
		if s.nr == forkStep {
			r, errno = forkBelowInit()
		} else if s.nr == handOverStep {
			errno = handOver(&s.args)
		} else {
			a := s.args
			for n := range a {
				if s.flags&(1<<(flagArgument+n)) != 0 {
					a[n] = slots[a[n]%maxSlots]
				}
			}
			r, _, errno = unix.RawSyscall6(uintptr(s.nr), uintptr(a[0]), uintptr(a[1]), uintptr(a[2]), uintptr(a[3]), uintptr(a[4]), uintptr(a[5]))
		}
		if errno != 0 && s.flags&flagIgnore == 0 {
			report(int(status), int(i), errno)
		}
		if errno == 0 && s.flags&flagSave != 0 {
			slots[s.flags>>flagSlot&0xff%maxSlots] = uint64(r)
		}
	}
}

//go:nosplit
//go:norace
func report(status, step int, errno unix.Errno) {
	var b [8]byte
	binary.NativeEndian.PutUint32(b[0:], uint32(step))
	binary.NativeEndian.PutUint32(b[4:], uint32(errno))
	unix.RawSyscall(unix.SYS_WRITE, uintptr(status), uintptr(unsafe.Pointer(&b)), 8)
	unix.RawSyscall(unix.SYS_EXIT_GROUP, 127, 0, 0)
}

// handOver returns in the sibling.
//
//go:nosplit
//go:norace
func handOver(a *[6]uint64) unix.Errno {
	const flags = unix.CLONE_PARENT | unix.CLONE_PIDFD | uintptr(unix.SIGCHLD)
	sock, message, pidfd, room := uintptr(a[0]), uintptr(a[1]), uintptr(a[2]), uintptr(a[3])
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, flags, 0, pidfd, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	if pid != 0 {
		unix.RawSyscall(unix.SYS_SENDMSG, sock, message, 0)
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	if n, _, errno := unix.RawSyscall(unix.SYS_READ, sock, room, 1); errno != 0 || n != 1 {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 127, 0, 0)
	}
	unix.RawSyscall(unix.SYS_CLOSE, sock, 0, 0)
	return 0
}

// forkBelowInit returns in the child; the parent ends as the child ends.
//
//go:nosplit
//go:norace
func forkBelowInit() (uintptr, unix.Errno) {
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid == 0 {
		return 0, errno
	}
	unix.RawSyscall(unix.SYS_CLOSE_RANGE, 3, 0xffffffff, 0)
	for {
		var ws uint32
		got, _, errno := unix.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&ws)), 0, 0, 0, 0)
		if errno != 0 && errno != unix.EINTR { // no child, or a filter that forbids to wait
			unix.RawSyscall(unix.SYS_EXIT_GROUP, 127, 0, 0)
		}
		if got != pid {
			continue
		}
		code := uintptr(ws >> 8 & 0xff)
		if ws&0x7f != 0 {
			code = uintptr(128 + ws&0x7f)
		}
		unix.RawSyscall(unix.SYS_EXIT_GROUP, code, 0, 0)
	}
}
