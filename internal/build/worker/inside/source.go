package inside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

const oPath = unix.O_PATH

// visible are the directories of layers, the topmost first, as far as they are seen.
func (p *process) visible(keys []string) ([]string, error) {
	dirs, err := p.layers(keys)
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		return []string{p.empty}, nil
	}
	return layer.Visible(dirs)
}

// here opens a directory that another process has opened once more, in this
// process's mount namespace: only what is mounted here can be mounted again.
func here(dir *os.File) (*os.File, error) {
	name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", wire.FD(dir)))
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, oPath|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("context: %w", err)
	}
	var was, is unix.Stat_t
	if err := errors.Join(unix.Fstat(wire.FD(dir), &was), unix.Fstat(wire.FD(f), &is)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if was.Dev != is.Dev || was.Ino != is.Ino {
		return nil, errors.Join(fmt.Errorf("context %s: something else is there now", name), f.Close())
	}
	return f, nil
}

// contextTree shows a directory of the host without what its ignore file leaves out.
func (r *running) contextTree(ctx context.Context, dir *os.File, hide []string, readOnly bool) (*os.File, error) {
	f, err := here(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if len(hide) == 0 && readOnly && !r.insecure {
		return cloneReadOnly(f)
	}
	lower := []string{f.Name()}
	if len(hide) > 0 {
		mask, err := r.mask(f, hide)
		if err != nil {
			return nil, err
		}
		lower = append([]string{mask}, lower...)
	}
	return r.overlayOf(ctx, lower, readOnly)
}

// cloneReadOnly is a directory with all that is mounted below.
func cloneReadOnly(f *os.File) (*os.File, error) {
	fd, err := unix.OpenTree(wire.FD(f), "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|unix.AT_RECURSIVE)
	if err != nil {
		return nil, fmt.Errorf("context %s: open_tree: %w", f.Name(), err)
	}
	tree := os.NewFile(uintptr(fd), f.Name())
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOSUID, Propagation: unix.MS_PRIVATE}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
		return nil, errors.Join(fmt.Errorf("context %s: mount_setattr: %w", f.Name(), err), tree.Close())
	}
	return tree, nil
}

// mask makes a layer of whiteouts for paths below dir.
func (r *running) mask(dir *os.File, hide []string) (string, error) {
	mask, err := r.directory(0o755)
	if err != nil {
		return "", err
	}
	if err := likeDirectory(dir.Name(), mask); err != nil {
		return "", err
	}
	root, err := os.Open(mask)
	if err != nil {
		return "", err
	}
	defer root.Close()
	for _, name := range hide {
		name = path.Clean("/" + name)[1:]
		if name == "" {
			continue
		}
		if err := r.hide(dir, root, name); err != nil {
			return "", fmt.Errorf("hide %s of the context: %w", name, err)
		}
	}
	return mask, nil
}

// hide makes the whiteout of one path, and the directories above as they are in dir.
func (r *running) hide(dir, root *os.File, name string) error {
	parent := path.Dir(name)
	if parent != "." {
		if err := r.parents(dir, root, parent); err != nil {
			return err
		}
	}
	at, err := safepath.OpenInRoot(root, parent, oPath|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer at.Close()
	err = unix.Mknodat(wire.FD(at), path.Base(name), unix.S_IFCHR, 0) // overlayfs.rst, "whiteouts and opaque directories"
	if err == unix.EEXIST {
		return nil
	}
	return err
}

func (r *running) parents(dir, root *os.File, parent string) error {
	made, err := safepath.MkdirAllInRoot(root, parent, 0o755)
	if err != nil {
		return err
	}
	made.Close()
	for p := parent; p != "."; p = path.Dir(p) {
		if err := likeDirectory(filepath.Join(dir.Name(), p), filepath.Join(root.Name(), p)); err != nil {
			return err
		}
	}
	return nil
}

// likeDirectory gives a directory of ours owner, mode and times of another one. Owners
// that the user namespace does not know are left out.
func likeDirectory(from, to string) error {
	var st unix.Stat_t
	if err := unix.Lstat(from, &st); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	_ = unix.Lchown(to, int(st.Uid), int(st.Gid))
	if err := os.Chmod(to, fileMode(st.Mode&0o7777)); err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, to, []unix.Timespec{st.Atim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// fillFrom copies what a cache begins with.
func (r *running) fillFrom(ctx context.Context, i int, m *build.Mount, dst *os.File) error {
	tree, err := r.sourceTree(ctx, i, true)
	if err != nil {
		return err
	}
	defer tree.Close()
	src, err := safepath.OpenInRoot(tree, "/"+m.Source, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("source %s: %w", m.Source, err)
	}
	defer src.Close()
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return layer.CopyTree(ctx, src, dst)
}
