package usage

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/processes"
)

// ticks per second in /proc/PID/stat: USER_HZ, 100 on every architecture that we
// are built for (time(7), proc_pid_stat(5)).
const ticks = 100

// sum is what the living processes of a container have used, together with the
// children that they have waited for.
type sum struct {
	cpu           time.Duration
	private       uint64 // bytes of memory that only one process maps, or that a fork has not copied yet
	shared        uint64 // of files and shared memory, of the process that has most
	tasks         uint64
	read, written uint64
	hidden        bool // read and written are not known of all
}

// memory estimates what the processes keep from others.
func (s *sum) memory() uint64 { return s.private + s.shared }

// tries is how often a sum is taken anew under which processes end.
const tries = 3

// sumOf adds up processes. The time of one that ends between the look at its
// parent, which has the lower number as a rule, and the look at itself would be in
// neither: then all are looked at once more.
func sumOf(fs processes.FS, pids []int, buf []byte) (s sum) {
	for try := 1; ; try++ {
		s = sum{}
		left := make([]int, 0, len(pids))
		for _, pid := range pids {
			if s.add(fs, pid, buf) == nil {
				left = append(left, pid)
			}
		}
		if len(left) == len(pids) || try == tries {
			return s
		}
		pids = left
	}
}

// add counts one process; nothing is added of one that has ended.
func (s *sum) add(fs processes.FS, pid int, buf []byte) error {
	dir := string(fs) + "/" + strconv.Itoa(pid)
	stat, err := read(dir+"/stat", buf)
	if err != nil {
		return err
	}
	cpu, tasks, err := parseStat(stat)
	if err != nil {
		return fmt.Errorf("%s/stat: %w", dir, err)
	}
	statm, err := read(dir+"/statm", buf)
	if err != nil {
		return err
	}
	private, shared, err := parseStatm(statm)
	if err != nil {
		return fmt.Errorf("%s/statm: %w", dir, err)
	}
	io, err := read(dir+"/io", buf)
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOENT) && exists(dir):
		s.hidden = true // another's, or a kernel that does not count it (CONFIG_TASK_IO_ACCOUNTING)
	case err != nil:
		return err
	default:
		r, w, err := parseIO(io)
		if err != nil {
			return fmt.Errorf("%s/io: %w", dir, err)
		}
		s.read, s.written = s.read+r, s.written+w
	}
	s.cpu += cpu
	s.tasks += tasks
	s.private += private
	s.shared = max(s.shared, shared)
	return nil
}

func exists(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil
}

// parseStat reads the processor time of a process and of the children that it has
// waited for, and the number of its threads (proc_pid_stat(5)).
func parseStat(line []byte) (cpu time.Duration, tasks uint64, err error) {
	// The name before may hold anything, also brackets.
	i := bytes.LastIndexByte(line, ')')
	if i < 0 {
		return 0, 0, errors.New("no name")
	}
	const utime, cstime, threads = 11, 14, 17 // counted from the state
	var used uint64
	n := 0
	for f := range bytes.FieldsSeq(line[i+1:]) {
		if n >= utime && n <= cstime || n == threads {
			v, err := strconv.ParseUint(string(f), 10, 37) // 43 years
			if err != nil {
				return 0, 0, fmt.Errorf("field %d: %w", n+3, err)
			}
			if n == threads {
				return time.Duration(used) * (time.Second / ticks), v, nil
			}
			used += v
		}
		n++
	}
	return 0, 0, fmt.Errorf("%d fields", n+2)
}

// parseStatm reads the memory that is in RAM: that of the process alone, and that
// of files and shared memory (proc_pid_statm(5)), in bytes.
func parseStatm(line []byte) (private, shared uint64, err error) {
	var n [3]uint64
	i := 0
	for f := range bytes.FieldsSeq(line) {
		if i == len(n) {
			break
		}
		if n[i], err = strconv.ParseUint(string(f), 10, 50); err != nil {
			return 0, 0, err
		}
		i++
	}
	if i < len(n) {
		return 0, 0, fmt.Errorf("%d fields", i)
	}
	resident, shared, page := n[1], n[2], uint64(os.Getpagesize())
	shared = min(shared, resident) // they are not read at the same instant
	return (resident - shared) * page, shared * page, nil
}

// parseIO reads what a process has had read from and written to storage, in bytes
// (proc_pid_io(5)).
func parseIO(text []byte) (read, written uint64, err error) {
	found := 0
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(line, []byte(": "))
		to := &read
		switch string(name) {
		case "read_bytes":
		case "write_bytes":
			to = &written
		default:
			continue
		}
		if *to, err = strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 64); err != nil {
			return 0, 0, err
		}
		found++
	}
	if found != 2 {
		return 0, 0, errors.New("no read_bytes and write_bytes")
	}
	return read, written, nil
}

// read reads a small file of /proc into buf with three system calls, which the
// reader of package os does not.
func read(path string, buf []byte) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return buf[:n], nil
}
