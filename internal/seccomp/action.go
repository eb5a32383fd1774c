package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Values of linux/seccomp.h that a filter returns.
const (
	retKillProcess = 0x80000000
	retKillThread  = 0x00000000
	retTrap        = 0x00030000
	retErrno       = 0x00050000
	retTrace       = 0x7ff00000
	retLog         = 0x7ffc0000
	retAllow       = 0x7fff0000
	retData        = 0x0000ffff // the part that holds the error number
)

// maxErrno is the highest error number that the kernel returns (linux/err.h);
// it would cut higher ones, so they are refused.
const maxErrno = 4095

// returnValue is the filter's answer for an action. errno defaults to EPERM.
func returnValue(a specs.LinuxSeccompAction, errno *uint) (uint32, error) {
	data := uint32(unix.EPERM)
	if errno != nil {
		if *errno > maxErrno {
			return 0, fmt.Errorf("errnoRet %d is above %d: use a number of errno(3)", *errno, maxErrno)
		}
		data = uint32(*errno)
	}
	switch a {
	case specs.ActAllow:
		return retAllow, nil
	case specs.ActErrno:
		return retErrno | data, nil
	case specs.ActTrace:
		return retTrace | data, nil
	case specs.ActKill, specs.ActKillThread:
		return retKillThread, nil
	case specs.ActKillProcess:
		return retKillProcess, nil
	case specs.ActTrap:
		return retTrap, nil
	case specs.ActLog:
		return retLog, nil
	case specs.ActNotify:
		return 0, fmt.Errorf("action %s needs a listener, which is not supported: use SCMP_ACT_ERRNO", a)
	default:
		return 0, fmt.Errorf("unknown action %q: use SCMP_ACT_ALLOW or SCMP_ACT_ERRNO", a)
	}
}
