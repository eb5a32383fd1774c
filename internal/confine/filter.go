package confine

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/seccomp"
)

// forbidden are the calls that an unpacker never makes, by what they would be
// good for. It is no list of what is allowed: the runtime of Go needs different
// calls from version to version.
var forbidden = []string{
	"execve", "execveat", // other programs
	"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", // the network
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "pidfd_open", "kcmp", // other processes
	"unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", // namespaces and mounts
	"fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr", "open_tree_attr", "listmount", "statmount",
	"name_to_handle_at", "open_by_handle_at", // files by other ways than their names
	"add_key", "request_key", "keyctl", // keys
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", // much code of the kernel
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff",
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
}

// filter forbids them by EPERM.
func filter() ([]byte, error) {
	errno := uint(unix.EPERM)
	return seccomp.Compile(&specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		Syscalls:      []specs.LinuxSyscall{{Names: forbidden, Action: specs.ActErrno, ErrnoRet: &errno}},
	})
}

// fprog is struct sock_fprog of linux/filter.h.
type fprog struct {
	len  uint16
	code *byte
}

// load puts the filter on all threads.
func load(code []byte) error {
	p := fprog{uint16(len(code) / 8), &code[0]}
	n, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&p)))
	runtime.KeepAlive(&p)
	if errno != 0 {
		return fmt.Errorf("load the seccomp filter: %w", errno)
	}
	if n != 0 {
		return fmt.Errorf("load the seccomp filter: thread %d does not take it", n)
	}
	return nil
}
