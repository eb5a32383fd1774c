package cgroup

import (
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const dirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// at does something at a directory. It cannot be closed meanwhile: its number would be
// that of another directory, perhaps. One that is closed already is os.ErrClosed.
func at(dir *os.File, do func(fd int) error) error {
	raw, err := dir.SyscallConn()
	if err != nil {
		return os.ErrClosed
	}
	if e := raw.Control(func(fd uintptr) { err = do(int(fd)) }); e != nil {
		return os.ErrClosed
	}
	return err
}

func openAt(dir *os.File, name string, flags int) (fd int, err error) {
	err = at(dir, func(in int) (err error) {
		for {
			fd, err = unix.Openat(in, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
			if err != unix.EINTR {
				return err
			}
		}
	})
	return fd, err
}

func makeAt(dir *os.File, name string) error {
	return at(dir, func(fd int) error { return unix.Mkdirat(fd, name, 0o755) })
}

func removeAt(dir *os.File, name string) error {
	return at(dir, func(fd int) error { return unix.Unlinkat(fd, name, unix.AT_REMOVEDIR) })
}

// readAt returns the text of a file, without the last end of line.
func readAt(dir *os.File, name string) (string, error) {
	fd, err := openAt(dir, name, unix.O_RDONLY)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: dir.Name() + "/" + name, Err: err}
	}
	defer unix.Close(fd)
	b, err := readAll(fd, nil)
	if err != nil {
		return "", &os.PathError{Op: "read", Path: dir.Name() + "/" + name, Err: err}
	}
	return strings.TrimSuffix(string(b), "\n"), nil
}

// readAll reads from the beginning into b, which grows. The kernel makes the text
// of a file anew when it is read from its beginning.
func readAll(fd int, b []byte) ([]byte, error) {
	b = b[:cap(b)]
	n := 0
	for {
		if n == len(b) {
			b = append(b, make([]byte, max(2048, len(b)))...)
		}
		m, err := unix.Pread(fd, b[n:], int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil || m == 0 {
			return b[:n], err
		}
		n += m
	}
}

// writeAt writes the text in one write, which the kernel takes or refuses. The
// error is the kernel's, bare.
func writeAt(dir *os.File, name, text string) error {
	fd, err := openAt(dir, name, unix.O_WRONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Write(fd, []byte(text))
		if err == unix.EINTR {
			continue
		}
		if err == nil && n != len(text) {
			err = io.ErrShortWrite
		}
		return err
	}
}

// pidsAt are the processes of a file like cgroup.procs.
func pidsAt(dir *os.File, name string) ([]int, error) {
	text, err := readAt(dir, name)
	if err != nil {
		return nil, err
	}
	var list []int
	for line := range strings.FieldsSeq(text) {
		pid, err := strconv.Atoi(line)
		if err != nil {
			return nil, err
		}
		if pid > 0 { // 0: of a pid namespace that we do not see
			list = append(list, pid)
		}
	}
	return list, nil
}

// children are the names of the groups below a directory.
func children(dir *os.File) ([]string, error) {
	fd, err := openAt(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY) // its own position
	if err != nil {
		return nil, err
	}
	d := os.NewFile(uintptr(fd), dir.Name())
	defer d.Close()
	list, err := d.ReadDir(-1)
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return nil, err
	}
	var names []string
	for _, e := range list {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
