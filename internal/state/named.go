package state

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// HeldError is the error of [TryNamed] for a name that another process has.
type HeldError struct {
	PID int // of that process, 0 if it is in a pid namespace that we do not see
}

// Error says who has it.
func (e *HeldError) Error() string {
	if e.PID == 0 {
		return "another process is still running"
	}
	return fmt.Sprintf("process with PID %d is still running", e.PID)
}

// A file of named locks is one whose bytes are locks: the name says which byte. These are
// record locks (fcntl(2), F_SETLK), since the kernel tells of those which process has one,
// and takes them from who ends, however that ends: nothing is written, and nothing stale
// can be left. They belong to a process, and all of them go when it closes the file by any
// descriptor: so it is opened once, and stays open.
var named struct {
	sync.Mutex
	files map[string]*namedFile
}

type namedFile struct {
	*os.File
	held map[string]int // how often this process has a name
}

// TryNamed takes the lock of a name in a file of locks, which is made if it is missing.
// A process that has it may take it again, and has it until it has released it as often.
// The error is [*HeldError] when another process has it.
func TryNamed(path, name string) (release func(), err error) {
	named.Lock()
	defer named.Unlock()
	f, err := openNamed(path)
	if err != nil {
		return nil, err
	}
	if f.held[name] == 0 {
		if err := f.take(name); err != nil {
			return nil, err
		}
	}
	f.held[name]++
	return sync.OnceFunc(func() {
		named.Lock()
		defer named.Unlock()
		if f.held[name]--; f.held[name] == 0 {
			delete(f.held, name)
			_ = unix.FcntlFlock(f.Fd(), unix.F_SETLK, record(name, unix.F_UNLCK)) // what is held can be given back
		}
	}), nil
}

// openNamed is the file, which another has taken the place of if somebody removed it.
func openNamed(path string) (*namedFile, error) {
	if f := named.files[path]; f != nil {
		var st unix.Stat_t
		if unix.Fstat(int(f.Fd()), &st) == nil && st.Nlink > 0 || len(f.held) > 0 {
			return f, nil
		}
		f.Close()
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if named.files == nil {
		named.files = map[string]*namedFile{}
	}
	named.files[path] = &namedFile{f, map[string]int{}}
	return named.files[path], nil
}

// take takes a lock, or finds out who has it. Who ends in between has it no more.
func (f *namedFile) take(name string) error {
	for {
		err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, record(name, unix.F_WRLCK))
		if err == nil || !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) {
			return about(err, f.Name())
		}
		who := record(name, unix.F_WRLCK)
		if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, who); err != nil {
			return about(err, f.Name())
		}
		if who.Type != unix.F_UNLCK {
			return &HeldError{PID: int(max(who.Pid, 0))}
		}
	}
}

// about says which file an error is about.
func about(err error, path string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("lock %s: %w", path, err)
}

// record is the byte of a name. That two have the same, of 2^62, is not to be expected.
func record(name string, how int16) *unix.Flock_t {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return &unix.Flock_t{Type: how, Whence: 0, Start: int64(h.Sum64() >> 2), Len: 1}
}
