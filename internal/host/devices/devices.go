// Package devices gives containers device nodes of the host, as detached mounts: as
// many as their user may open, asked of the kernel in the way in which root in a
// container would, without the user's supplementary groups.
package devices

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Nodes are detached mounts of device nodes, by their path inside.
type Nodes map[string]*os.File

// Close gives all of them up.
func (d Nodes) Close() error {
	for _, f := range d {
		f.Close()
	}
	return nil
}

// AddTo makes mounts of them.
func (d Nodes) AddTo(s *specs.Spec, sources map[string]sandbox.Source) {
	for _, target := range slices.Sorted(maps.Keys(d)) {
		s.Mounts = append(s.Mounts, specs.Mount{Type: "bind", Source: os.DevNull, Destination: target, Options: []string{"bind"}})
		sources[target] = sandbox.Source{Tree: d[target]}
	}
}

// Open finds the device nodes of a service; a privileged one has all that its user
// may open. They are mounted by the descriptor that was looked at. groups says that
// the service's processes keep the user's groups. The error is a kernel.StartError.
func Open(s *project.Service, groups bool) (_ Nodes, err error) {
	found := make(Nodes)
	defer func() {
		if err != nil {
			found.Close()
		}
	}()
	if s.Privileged {
		if err := found.addAll("/dev", "/dev", groups); err != nil {
			return nil, &kernel.StartError{Stage: "devices", Object: "/dev", Err: err}
		}
	}
	for _, d := range s.Devices {
		if err := found.add(d, groups); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (d Nodes) add(want project.Device, groups bool) error {
	fail := func(err error, hint string) error {
		return &kernel.StartError{Stage: "device", Object: want.Source, Err: err, Hint: hint}
	}
	st, err := os.Stat(want.Source)
	if err != nil {
		return fail(unwrapPath(err), "")
	}
	if st.IsDir() {
		before := len(d)
		if err := d.addAll(want.Source, want.Target, groups); err != nil {
			return fail(err, "")
		}
		if len(d) == before {
			return fail(errors.New("you may open no device file in it"), "")
		}
		return nil
	}
	f, err := openNode(want.Source)
	if err != nil {
		return fail(err, "")
	}
	defer f.Close()
	mode := accessMode(want.Permissions)
	if err := mayOpen(f, mode, groups); err != nil {
		if !groups && mayOpen(f, mode, true) == nil {
			return fail(errors.New("you may open it by a group of yours only, and groups of the host do not exist in containers"),
				fmt.Sprintf("write group_add: [%s], or let an administrator give it to you: sudo setfacl -m u:%d:rw %s", project.KeepGroups, ownUID(), want.Source))
		}
		return fail(err, fmt.Sprintf("you may not open it yourself; an administrator lets you: sudo setfacl -m u:%d:rw %s", ownUID(), want.Source))
	}
	return d.put(want.Target, f)
}

// addAll adds the nodes below a directory that may be opened for reading and
// writing; the others are left out, as are those that every container has.
func (d Nodes) addAll(dir, target string, groups bool) error {
	return asInside(groups, func() error {
		return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // a directory that may not be read is left out
			}
			inside := filepath.Join(target, strings.TrimPrefix(path, dir))
			switch {
			case e.IsDir() && slices.Contains([]string{"/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd"}, path):
				return filepath.SkipDir
			case e.Type()&fs.ModeDevice == 0, sandbox.HasDevice(inside):
				return nil
			}
			f, err := openNode(path)
			if err != nil {
				return nil //nolint:nilerr // it has gone
			}
			defer f.Close()
			if access(f, unix.R_OK|unix.W_OK) != nil {
				return nil
			}
			return d.put(inside, f)
		})
	})
}

// put keeps a detached mount of an open node.
func (d Nodes) put(target string, node *os.File) error {
	fd, err := unix.OpenTree(wire.FD(node), "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("bind %s: %w", node.Name(), err)
	}
	if old := d[target]; old != nil {
		old.Close()
	}
	d[target] = os.NewFile(uintptr(fd), node.Name())
	return nil
}

// openNode opens a device node without touching the device.
func openNode(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), path)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		f.Close()
		return nil, err
	}
	if kind := st.Mode & unix.S_IFMT; kind != unix.S_IFCHR && kind != unix.S_IFBLK {
		f.Close()
		return nil, errors.New("is not a device file; volumes bind other files")
	}
	return f, nil
}

func accessMode(permissions string) uint32 {
	mode := uint32(0)
	if permissions == "" || strings.Contains(permissions, "r") {
		mode |= unix.R_OK
	}
	if permissions == "" || strings.Contains(permissions, "w") {
		mode |= unix.W_OK
	}
	return mode
}

// mayOpen asks the kernel whether root in a container may open the file.
func mayOpen(f *os.File, mode uint32, groups bool) error {
	return asInside(groups, func() error { return access(f, mode) })
}

func access(f *os.File, mode uint32) error {
	return unix.Faccessat(wire.FD(f), "", mode, unix.AT_EMPTY_PATH|unix.AT_EACCESS)
}

// asInside does something as root in a container: that is the user, but without
// supplementary groups, unless they are kept. Groups are the thread's own
// (credentials(7)), so it is done by one that ends with it.
func asInside(groups bool, do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		if !groups {
			if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
				done <- fmt.Errorf("leave the groups: %w", errno)
				return
			}
		}
		done <- do()
	}()
	return <-done
}

// ownUID is the user's id on the host.
func ownUID() int {
	b, err := os.ReadFile("/proc/self/uid_map")
	var inside, outside int
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(b), &inside, &outside); err != nil {
		return 0
	}
	return outside
}

func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
