package confine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Kept are the capabilities that unpacking needs: owners, files of others,
// setgid of groups that we are not in, file capabilities.
var Kept = []int{unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_SETFCAP}

// Report says what Enter could do.
type Report struct {
	Landlock int // version of its interface in use; 0 = this kernel has none that serves
}

// Attributes are those of the child that calls Enter: namespaces without
// network, without other processes, without shared memory, and with mounts of
// their own. They need CAP_SYS_ADMIN in the caller's user namespace.
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWPID,
		Setsid:     true, // no controlling terminal
	}
}

// Enter confines the calling process for good: root becomes its root directory.
// Other directories must not be open. It is the caller's duty to end the process
// when it fails.
//
// Start no goroutine before that goes into system calls: Go 1.26 may stop the
// world, which it does for each change of all threads, for ever, when a thread
// enters one at that moment (1 in 500 runs of a busy machine, with a goroutine
// in ppoll(2)).
func Enter(root *os.File) (Report, error) {
	r, err := enter(root)
	if err != nil {
		return r, fmt.Errorf("confine the unpacker: %w", err)
	}
	return r, nil
}

func enter(root *os.File) (Report, error) {
	var r Report
	if err := noOtherDirectories(root); err != nil {
		return r, err
	}
	// The package time reads the zone once, when it first needs it: not from the tree.
	_ = time.Now().String()
	filter, err := filter()
	if err != nil {
		return r, err
	}
	if err := chroot(root); err != nil {
		return r, err
	}
	unix.Umask(0)
	if err := privileges(); err != nil {
		return r, err
	}
	if r.Landlock, err = landlock(); err != nil {
		return r, err
	}
	return r, load(filter)
}

// chroot makes root the root and working directory of all threads.
func chroot(root *os.File) error {
	if err := unix.Fchdir(int(root.Fd())); err != nil {
		return fmt.Errorf("enter %s: %w", root.Name(), err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("make %s the root directory: %w", root.Name(), err)
	}
	return nil
}

// noOtherDirectories fails when a directory other than root is open.
func noOtherDirectories(root *os.File) error {
	var want unix.Stat_t
	if err := unix.Fstat(int(root.Fd()), &want); err != nil {
		return err
	}
	list, err := os.Open("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("list the open files: %w", err)
	}
	defer list.Close()
	names, err := list.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list the open files: %w", err)
	}
	for _, n := range names {
		fd, err := strconv.Atoi(n)
		if err != nil || fd == int(list.Fd()) {
			continue
		}
		var st unix.Stat_t
		if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		if st.Dev != want.Dev || st.Ino != want.Ino {
			where, _ := os.Readlink("/proc/self/fd/" + n)
			return fmt.Errorf("directory %s is open (descriptor %d): through it the way out is open too", where, fd)
		}
	}
	return nil
}

// privileges sets what is each thread's own.
func privileges() error {
	call := func(what string, nr uintptr, args ...uintptr) error {
		var a [6]uintptr
		copy(a[:], args)
		if _, _, errno := syscall.AllThreadsSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]); errno != 0 {
			return fmt.Errorf("%s: %w", what, threadError(errno))
		}
		return nil
	}
	if err := call("set no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1); err != nil {
		return err
	}
	if err := call("set securebits", unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, secureBits); err != nil {
		return err
	}
	if err := call("clear ambient capabilities", unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL); err != nil {
		return err
	}
	var keep uint64
	for _, c := range Kept {
		keep |= 1 << c
	}
	for c := uintptr(0); c < 64; c++ {
		if keep&(1<<c) != 0 {
			continue
		}
		// EINVAL: the kernel knows no more capabilities.
		err := call(fmt.Sprintf("drop capability %d from the bounding set", c), unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c)
		if errors.Is(err, unix.EINVAL) {
			break
		}
		if err != nil {
			return err
		}
	}
	capData = [2]unix.CapUserData{
		{Effective: uint32(keep), Permitted: uint32(keep)},
		{Effective: uint32(keep >> 32), Permitted: uint32(keep >> 32)},
	}
	return call("drop capabilities", unix.SYS_CAPSET, uintptr(unsafe.Pointer(&capHeader)), uintptr(unsafe.Pointer(&capData)))
}

// These do not move, as what is on a stack may: their addresses are given to
// each thread in turn.
var (
	capHeader = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	capData   [2]unix.CapUserData
)

// Bits of linux/securebits.h, each with its lock: uid 0 gets nothing by execve,
// a change of ids fixes up nothing, nothing is kept, nothing becomes ambient.
const (
	noRoot         = 1<<0 | 1<<1
	noSetuidFixup  = 1<<2 | 1<<3
	keepCapsLocked = 1 << 5
	noAmbientRaise = 1<<6 | 1<<7
	secureBits     = noRoot | noSetuidFixup | keepCapsLocked | noAmbientRaise
)

// threadError explains what a program with cgo gets.
func threadError(errno syscall.Errno) error {
	if errno == unix.ENOTSUP {
		return errors.New("a program built with cgo cannot do that on all its threads: build with CGO_ENABLED=0")
	}
	return errno
}
