package seccomp

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// childEnv makes the test binary load the filter and probe.
const childEnv = "SECCOMP_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
		return
	}
	os.Exit(m.Run())
}

// sockFprog is struct sock_fprog of linux/filter.h.
type sockFprog struct {
	len    uint16
	filter *byte
}

// install puts the filter on every thread of this process.
func install(prog []byte) error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	fp := sockFprog{len: uint16(len(prog) / 8), filter: &prog[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fp)))
	if e != 0 {
		return e
	}
	return nil
}

// child prints one line for each probe that goes wrong.
func child() {
	prog, err := Default([]string{"CAP_CHOWN", "CAP_NET_BIND_SERVICE"})
	if err == nil {
		err = install(prog)
	}
	if err != nil {
		println("install:", err.Error())
		os.Exit(1)
	}
	call := func(nr uintptr, args ...uintptr) error {
		var a [6]uintptr
		copy(a[:], args)
		_, _, e := unix.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
		return e
	}
	half := 32 // a variable, since the default profile, but not this file, is for 64-bit machines only
	highBit := uintptr(1) << half
	for _, p := range []struct {
		name string
		err  error
		want unix.Errno
	}{
		{"keyctl", call(unix.SYS_KEYCTL), unix.EPERM},
		{"bpf", call(unix.SYS_BPF), unix.EPERM},
		{"io_uring_setup", call(unix.SYS_IO_URING_SETUP, 1), unix.EPERM},
		{"userfaultfd", call(unix.SYS_USERFAULTFD), unix.EPERM},
		{"unshare(CLONE_NEWUSER)", unix.Unshare(unix.CLONE_NEWUSER), unix.EPERM},
		{"clone3", call(unix.SYS_CLONE3), unix.ENOSYS},
		{"clone(CLONE_NEWNS)", call(unix.SYS_CLONE, unix.CLONE_NEWNS), unix.EPERM},
		{"mount", call(unix.SYS_MOUNT), unix.EPERM},
		{"socket(AF_ALG)", call(unix.SYS_SOCKET, unix.AF_ALG, unix.SOCK_SEQPACKET), unix.EPERM},
		{"socket(AF_VSOCK)", call(unix.SYS_SOCKET, unix.AF_VSOCK, unix.SOCK_STREAM), unix.EPERM},
		{"socket(AF_ALG) with a bit in the upper half", call(unix.SYS_SOCKET, highBit|unix.AF_ALG, unix.SOCK_SEQPACKET), unix.EPERM},
		{"socket(AF_UNIX)", call(unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM), 0},
		{"a call from the future", call(1000), unix.ENOSYS},
		{"getppid", call(unix.SYS_GETPPID), 0},
		{"personality(query)", call(unix.SYS_PERSONALITY, 0xffffffff), 0},
	} {
		if p.err != p.want && !(p.want == 0 && errors.Is(p.err, unix.Errno(0))) {
			println(p.name+": got", p.err.Error()+", want", p.want.Error())
		}
	}
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		println("read a directory:", err.Error())
	}
	println("probed")
}

func TestLoadedFilter(t *testing.T) {
	if _, err := Default(nil); err != nil {
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "probed" {
		t.Errorf("%v\n%s", err, out)
	}
}
