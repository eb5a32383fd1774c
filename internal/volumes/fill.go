package volumes

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Fill gives a volume its first content, as docker does it: if nothing is in it,
// copy is called with an open, empty directory to copy into, whose owner and
// mode, as copy leaves them, the volume gets too. If copy returns a *Nothing, the volume
// keeps the owner that an image has given it before: of containers that share it, not all
// need have something at its place.
//
// What is copied is complete before the first of it is seen in the volume:
//
//	.filling/NAME   being copied; after a crash it is removed
//	.filled/NAME    complete; its entries are being moved; after a crash the
//	                rest is moved. What is in the volume already stays.
//	.owned/NAME     an image has given the volume its owner
func (s *Store) Fill(name string, copy func(dst *os.File) error) error {
	if err := CheckName(name); err != nil {
		return err
	}
	f, err := s.fill(name, copy)
	if f != nil {
		f.Close()
	}
	if err != nil {
		return fmt.Errorf("fill volume %s: %w", name, err)
	}
	return nil
}

func (s *Store) fill(name string, copy func(dst *os.File) error) (*os.File, error) {
	volume, err := openLocked(s.Path(name))
	if err != nil {
		return nil, err
	}
	filling, filled := s.staging(".filling"), s.staging(".filled")
	if _, err := os.Lstat(filepath.Join(filled, name)); err == nil {
		return volume, moveAll(filled, name, volume)
	}
	if empty, err := isEmpty(volume); err != nil || !empty {
		return volume, err
	}
	for _, dir := range []string{filling, filled, s.staging(".owned")} {
		if err := state.MakePrivate(dir); err != nil {
			return volume, err
		}
	}
	if err := safepath.RemoveBelow(filling, name); err != nil {
		return volume, err
	}
	half := filepath.Join(filling, name)
	if err := makeOpen(half); err != nil {
		return volume, err
	}
	if err := copyInto(half, copy); err != nil {
		return volume, errors.Join(s.without(err, name, volume), safepath.RemoveBelow(filling, name))
	}
	if err := os.WriteFile(filepath.Join(s.staging(".owned"), name), nil, 0o600); err != nil {
		return volume, err
	}
	if err := os.Rename(half, filepath.Join(filled, name)); err != nil {
		return volume, err
	}
	return volume, moveAll(filled, name, volume)
}

// Nothing is what copy says in [Store.Fill] when there is nothing to copy. The ids are those
// of the container's root, to whom a volume belongs that no image had anything for.
type Nothing struct{ UID, GID int }

func (*Nothing) Error() string { return "the image has nothing there" }

// without is what follows when copy has failed: from a *Nothing, at most another owner.
func (s *Store) without(err error, name string, volume *os.File) error {
	var nothing *Nothing
	if !errors.As(err, &nothing) {
		return err
	}
	switch _, err := os.Lstat(filepath.Join(s.staging(".owned"), name)); {
	case errors.Is(err, os.ErrNotExist):
		return volume.Chown(nothing.UID, nothing.GID)
	default:
		return err
	}
}

// staging is a directory on the volumes' file system that no volume is in.
func (s *Store) staging(name string) string { return filepath.Join(s.dirs.Volumes(), name) }

// FillDirectory fills a directory that is the user's own, or lives in memory:
// without a second copy, so that what a crash cuts off stays as it is. The error may be the
// *Nothing that copy returns.
func FillDirectory(dir string, copy func(dst *os.File) error) error {
	f, err := openLocked(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if empty, err := isEmpty(f); err != nil || !empty {
		return err
	}
	return copy(f)
}

func copyInto(dir string, copy func(dst *os.File) error) error {
	dst, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer dst.Close()
	return copy(dst)
}

// moveAll moves the entries of dir/name into the volume, gives the volume the
// same owner and mode, and removes what is left.
func moveAll(dir, name string, volume *os.File) error {
	from, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer from.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(from.Fd()), &st); err != nil {
		return err
	}
	entries, err := from.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		err := unix.Renameat2(int(from.Fd()), e, int(volume.Fd()), e, unix.RENAME_NOREPLACE)
		if err != nil && err != unix.EEXIST {
			return err
		}
	}
	if err := unix.Fchown(int(volume.Fd()), int(st.Uid), int(st.Gid)); err != nil {
		return err
	}
	if err := unix.Fchmod(int(volume.Fd()), st.Mode&0o7777); err != nil {
		return err
	}
	return safepath.RemoveBelow(dir, name)
}

func isEmpty(dir *os.File) (bool, error) {
	_, err := dir.Readdirnames(1)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// openLocked opens a directory and waits for whoever else fills it; closing it
// lets the next one in.
func openLocked(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	for {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
