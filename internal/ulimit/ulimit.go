package ulimit

import (
	"maps"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Unlimited is the absence of a limit.
const Unlimited uint64 = unix.RLIM_INFINITY

// resources are docker's names (docker/go-units, ulimit.go) for the kernel's
// numbers (asm-generic/resource.h). Like docker, it has no "as".
var resources = map[string]int{
	"core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA, "fsize": unix.RLIMIT_FSIZE,
	"locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK, "msgqueue": unix.RLIMIT_MSGQUEUE,
	"nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS,
	"rtprio": unix.RLIMIT_RTPRIO, "rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING,
	"stack": unix.RLIMIT_STACK,
}

// Names are all names, sorted.
func Names() []string { return slices.Sorted(maps.Keys(resources)) }

// Resource is the kernel's number of a limit.
func Resource(name string) (int, bool) {
	n, ok := resources[name]
	return n, ok
}

// Limit is a soft and a hard limit, in the resource's own unit.
type Limit struct{ Soft, Hard uint64 }

// Of makes a limit of numbers as files have them: -1 is unlimited.
func Of(soft, hard int64) Limit { return Limit{Soft: value(soft), Hard: value(hard)} }

func value(n int64) uint64 {
	if n < 0 {
		return Unlimited
	}
	return uint64(n)
}

// Within is what of the limit a process without privilege can set whose hard
// limit is most.
func (l Limit) Within(most uint64) Limit {
	hard := min(l.Hard, most)
	return Limit{Soft: min(l.Soft, hard), Hard: hard}
}

// String is SOFT:HARD, or one number if they are equal.
func (l Limit) String() string {
	if l.Soft == l.Hard {
		return text(l.Soft)
	}
	return text(l.Soft) + ":" + text(l.Hard)
}

func text(n uint64) string {
	if n == Unlimited {
		return "unlimited"
	}
	return strconv.FormatUint(n, 10)
}
