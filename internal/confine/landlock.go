package confine

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rights on files (linux/landlock.h) that unpacking needs.
const allowed = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
	unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR |
	unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
	unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_TRUNCATE

// First versions of the interface with each right (landlock(7)).
const (
	withRefer    = 2 // before, hard links between directories are always refused
	withTruncate = 3
	withTCP      = 4
	withIoctl    = 5
	newest       = withIoctl
)

// ruleset is the begin of struct landlock_ruleset_attr. What comes behind it
// limits signals, which before Linux 6.15 cut threads of one process off from
// each other, and abstract sockets, of which a net namespace of its own has none.
type ruleset struct {
	files, net uint64
}

// pathBeneath is struct landlock_path_beneath_attr.
type pathBeneath struct {
	allowed [8]byte // a packed uint64
	parent  int32
}

// landlock allows all threads what is in the root directory, and no more. It
// returns the version of the interface in use, 0 where there is none, or where
// MOCKER_FORCE_NO_LANDLOCK says so, for tests.
func landlock() (int, error) {
	if os.Getenv("MOCKER_FORCE_NO_LANDLOCK") != "" {
		return 0, nil
	}
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno == unix.ENOSYS || errno == unix.EOPNOTSUPP || errno == 0 && int(v) < withRefer {
		return 0, nil
	}
	if errno != 0 {
		return 0, fmt.Errorf("landlock: %w", errno)
	}
	version := min(int(v), newest)
	rules := rulesFor(version)
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), unsafe.Sizeof(rules), 0)
	if errno != 0 {
		return 0, fmt.Errorf("landlock: make a set of rules: %w", errno)
	}
	defer unix.Close(int(fd))
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("landlock: %w", err)
	}
	defer unix.Close(root)
	rule := pathBeneath{parent: int32(root)}
	*(*uint64)(unsafe.Pointer(&rule.allowed)) = allowed & rules.files
	_, _, errno = unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, fd, 1 /* LANDLOCK_RULE_PATH_BENEATH */, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	runtime.KeepAlive(&rule)
	if errno != 0 {
		return 0, fmt.Errorf("landlock: allow the tree: %w", errno)
	}
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return 0, fmt.Errorf("landlock: %w", threadError(errno))
	}
	return version, nil
}

// rulesFor asks for all that the version can restrict; what is not handled is
// not restricted.
func rulesFor(version int) ruleset {
	r := ruleset{files: unix.LANDLOCK_ACCESS_FS_REFER<<1 - 1}
	if version >= withTruncate {
		r.files |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= withTCP {
		r.net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= withIoctl {
		r.files |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return r
}
