// Package affinity binds processes to processors by sched_setaffinity(2): what there is
// for a cpuset where the kernel's controller of that name is not delegated.
//
// It binds less than the controller would. A process may choose other processors for
// itself, and the kernel knows threads by their numbers only: between the look at a
// thread and the call its number may have become that of another thread, which then is
// bound in its place. The call reaches nobody but the processes of our own user
// namespace.
package affinity

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cpulist"
)

// word is the size in bytes of what the kernel makes masks of.
const word = 8

// Mask is a set of processors as the kernel takes it.
func Mask(list []int) []byte {
	most := 0
	for _, n := range list {
		most = max(most, n)
	}
	words := make([]uint64, most/(8*word)+1)
	for _, n := range list {
		words[n/(8*word)] |= 1 << (n % (8 * word))
	}
	var mask []byte
	for _, w := range words {
		mask = binary.NativeEndian.AppendUint64(mask, w)
	}
	return mask
}

// list is the reverse of Mask.
func list(mask []byte) (all []int) {
	for i := 0; i+word <= len(mask); i += word {
		w := binary.NativeEndian.Uint64(mask[i:])
		for bit := range 8 * word {
			if w&(1<<bit) != 0 {
				all = append(all, i*8+bit)
			}
		}
	}
	return all
}

// Possible tells which of the wanted processors a process may be bound to here: the
// cgroups above us may have fewer. None is an error of the kernel, EINVAL.
func Possible(want []int) (got []int, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends bound as it is
		if err = set(0, Mask(want)); err == nil {
			got, err = get(0)
		}
	}()
	<-done
	return got, err
}

// rounds bound how often threads are looked for that were born meanwhile.
const rounds = 10

// Bind binds the processes that members lists, with all of their threads, to
// processors. Those that are born while it works inherit from who is bound or not, so
// it looks until all are.
func Bind(members func() ([]int, error), cpus string) error {
	want, err := cpulist.Parse(cpus)
	if err != nil {
		return err
	}
	mask := Mask(want)
	for range rounds {
		pids, err := members()
		if err != nil {
			return err
		}
		changed := false
		for _, pid := range pids {
			c, err := bindThreads(pid, mask)
			if err != nil {
				return fmt.Errorf("bind process %d to the processors %s: %w", pid, cpus, err)
			}
			changed = changed || c
		}
		if !changed {
			return nil
		}
	}
	return fmt.Errorf("processes are born faster than they can be bound to the processors %s", cpus)
}

// bindThreads binds the threads of a process that are not bound so yet.
func bindThreads(pid int, mask []byte) (changed bool, err error) {
	entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		return false, nil // it has ended
	}
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		before, err := get(tid)
		if err == nil {
			err = set(tid, mask)
		}
		if errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return changed, err
		}
		after, err := get(tid)
		changed = changed || err == nil && cpulist.Format(before) != cpulist.Format(after)
	}
	return changed, nil
}

// set is sched_setaffinity(2); the one of package unix knows 1024 processors only.
func set(tid int, mask []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_SCHED_SETAFFINITY, uintptr(tid), uintptr(len(mask)), uintptr(unsafe.Pointer(&mask[0])))
	if errno != 0 {
		return errno
	}
	return nil
}

// get is sched_getaffinity(2).
func get(tid int) ([]int, error) {
	mask := make([]byte, cpulist.Most/8)
	n, _, errno := unix.Syscall(unix.SYS_SCHED_GETAFFINITY, uintptr(tid), uintptr(len(mask)), uintptr(unsafe.Pointer(&mask[0])))
	if errno != 0 {
		return nil, errno
	}
	return list(mask[:n]), nil
}
