// Package relabel gives files the label that SELinux wants of what confined containers
// use.
package relabel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// What a confined container may use has this label (container-selinux).
const (
	labelAttribute = "security.selinux"
	containerLabel = "system_u:object_r:container_file_t:s0"
)

// selinux tells whether the kernel enforces, or would, labels of files: then it
// has its file system mounted (selinux(8)).
var selinux = sync.OnceValue(func() bool {
	var st unix.Statfs_t
	return unix.Statfs("/sys/fs/selinux", &st) == nil && st.Type == unix.SELINUX_MAGIC
})

// neverRelabelled are directories without which the machine does not work, as
// docker has them.
var neverRelabelled = []string{"/", "/usr", "/etc", "/bin", "/boot", "/dev", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/var"}

// ForContainers gives what is at path the label of containers, for the options z and Z of
// a bind: there is one label for all, since our containers have none of their own. Where
// SELinux is off there is nothing to do.
func ForContainers(path string) error {
	if !selinux() {
		return nil
	}
	return tree(path, labelAttribute, containerLabel)
}

// tree sets an extended attribute of everything at path. Below it no link
// is followed, whatever a container does with its files meanwhile.
func tree(path, attribute, value string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if slices.Contains(neverRelabelled, real) {
		return fmt.Errorf("relabelling of %s is not allowed", real)
	}
	f, err := os.OpenFile(real, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	return open(f, attribute, value)
}

// open closes f, an O_PATH descriptor.
func open(f *os.File, attribute, value string) error {
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.Mode()&os.ModeSymlink != 0 {
		return err
	}
	// fsetxattr(2) refuses O_PATH; the link in /proc leads to the very file.
	at := "/proc/self/fd/" + strconv.Itoa(wire.FD(f))
	if err := unix.Setxattr(at, attribute, []byte(value), 0); err != nil || !st.IsDir() {
		return err
	}
	dir, err := os.Open(at)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		fd, err := unix.Openat(wire.FD(dir), name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) {
			continue // it went meanwhile
		}
		if err != nil {
			return err
		}
		if err := open(os.NewFile(uintptr(fd), name), attribute, value); err != nil {
			return err
		}
	}
	return nil
}
