package usage

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// scanner finds the processes of containers among all of the machine. Which pid
// namespace a process is in, where it stays for life, is asked once: as long as its
// directory in /proc has the same inode, it is the same process.
type scanner struct {
	known map[int]process // by pid
	homes map[string]home // by run
	buf   []byte
	looks int
}

// again is in how many looks a process that would not say is asked once more: most
// are strangers for good, but one that is just being set up is not.
const again = 8

type process struct {
	inode     uint64
	namespace uint64 // inode of its pid namespace; 0: not ours to know
}

// home is where the processes of a run live.
type home struct{ namespace, mounts uint64 }

// members are the pids of each subject for which wanted is true, ascending.
func (sc *scanner) members(subjects []Subject, wanted func(i int) bool) (map[int][]int, error) {
	byPID, byMounts, shared := map[uint64]int{}, map[uint64]int{}, map[uint64]bool{}
	homes := make(map[string]home, len(subjects))
	for i := range subjects {
		s := &subjects[i]
		if !wanted(i) {
			continue
		}
		h, ok := sc.homeOf(s)
		if !ok {
			continue // it has ended
		}
		homes[s.Run] = h
		byMounts[h.mounts] = i
		if s.Shared {
			shared[h.namespace] = true
		} else {
			byPID[h.namespace] = i
		}
	}
	sc.homes = homes
	if len(homes) == 0 {
		return nil, nil
	}
	all, err := sc.all()
	if err != nil {
		return nil, err
	}
	members := map[int][]int{}
	for pid, p := range all {
		of, ok := byPID[p.namespace]
		if shared[p.namespace] {
			mounts, err := inode(pid, "mnt")
			if of, ok = byMounts[mounts]; err != nil {
				continue
			}
		}
		if ok {
			members[of] = append(members[of], pid)
		}
	}
	for _, list := range members {
		slices.Sort(list)
	}
	return members, nil
}

// homeOf finds the namespaces of a run; false: it has ended.
func (sc *scanner) homeOf(s *Subject) (h home, ok bool) {
	if h, ok := sc.homes[s.Run]; ok {
		return h, unix.PidfdSendSignal(wire.FD(s.Pidfd), 0, nil, 0) == nil
	}
	pid, err := pids.Of(s.Pidfd)
	if err != nil {
		return h, false
	}
	if h.namespace, err = inode(pid, "pid"); err != nil {
		return h, false
	}
	if h.mounts, err = inode(pid, "mnt"); err != nil {
		return h, false
	}
	_, err = pids.Of(s.Pidfd) // is that pid still its own?
	return h, err == nil
}

// inode names a namespace of a process (namespaces(7)).
func inode(pid int, kind string) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/"+kind, &st); err != nil {
		return 0, err
	}
	return st.Ino, nil
}

// all are the processes of the machine.
func (sc *scanner) all() (map[int]process, error) {
	fd, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("list of processes: %w", err)
	}
	defer unix.Close(fd)
	if sc.buf == nil {
		sc.buf = make([]byte, 32<<10)
	}
	found := make(map[int]process, len(sc.known))
	sc.looks++
	for {
		n, err := unix.Getdents(fd, sc.buf)
		if err != nil {
			return nil, fmt.Errorf("list of processes: %w", err)
		}
		if n == 0 {
			sc.known = found
			return found, nil
		}
		eachEntry(sc.buf[:n], func(name string, inodeNumber uint64) {
			pid, err := strconv.Atoi(name)
			if err != nil {
				return
			}
			p, ok := sc.known[pid]
			asked := p.namespace != 0 || (pid+sc.looks)%again != 0
			if !ok || p.inode != inodeNumber || !asked {
				p = process{inode: inodeNumber}
				p.namespace, _ = inode(pid, "pid") // 0 if it has ended, or is not ours
			}
			found[pid] = p
		})
	}
}

// eachEntry reads what getdents64(2) has written: inode, offset, length of the
// record, type, name with a zero behind it.
func eachEntry(b []byte, do func(name string, inode uint64)) {
	const length, name = 16, 19
	for len(b) > name {
		n := int(binary.NativeEndian.Uint16(b[length:]))
		if n <= name || n > len(b) {
			return
		}
		text := b[name:n]
		if end := slices.Index(text, 0); end > 0 {
			do(string(text[:end]), binary.NativeEndian.Uint64(b))
		}
		b = b[n:]
	}
}

// Subject is a run whose use is asked for.
type Subject struct {
	Name  string   // of the container
	Run   string   // "NAME/RUN"
	Pidfd *os.File // of its first process
	// Shared: others may live in its pid namespace. Then its processes are those of
	// its mount namespace, which it shares with nobody.
	Shared bool
}
