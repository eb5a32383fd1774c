package cause

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Forced is the error that a test wants an attempt to end with, by
// MOCKER_FORCE_ERRNO="NAME=ERRNO ..."; nil without one. Names are those that callers
// give, most of them ids of doctor's checks.
func Forced(name string) error {
	all := os.Getenv("MOCKER_FORCE_ERRNO")
	if all == "" {
		return nil
	}
	for _, pair := range strings.Fields(all) {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return fmt.Errorf("forced by MOCKER_FORCE_ERRNO: %w", errnoOf(value))
		}
	}
	return nil
}

func errnoOf(name string) syscall.Errno {
	switch name {
	case "EPERM":
		return syscall.EPERM
	case "EACCES":
		return syscall.EACCES
	case "ENOSPC":
		return syscall.ENOSPC
	case "EMFILE":
		return syscall.EMFILE
	case "ENFILE":
		return syscall.ENFILE
	case "EAGAIN":
		return syscall.EAGAIN
	case "ENOSYS":
		return syscall.ENOSYS
	case "EDQUOT":
		return syscall.EDQUOT
	case "ENODEV":
		return syscall.ENODEV
	case "EOPNOTSUPP":
		return syscall.EOPNOTSUPP
	case "EROFS":
		return syscall.EROFS
	case "EUSERS":
		return syscall.EUSERS
	}
	return syscall.EINVAL
}
