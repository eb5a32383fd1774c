package netstack

import (
	"errors"

	"github.com/vishvananda/netlink"
)

// dumpTries bounds how often a list is asked for that changes while it is read.
const dumpTries = 20

// dump asks the kernel for a list again when something was added or removed while
// it was read: what came is then incomplete (NLM_F_DUMP_INTR, netlink(7)).
func dump[T any](list func() (T, error)) (all T, err error) {
	for range dumpTries {
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}
