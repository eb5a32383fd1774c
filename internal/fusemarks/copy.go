package fusemarks

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Copy gives the copy of an upper directory, which a copier of files has made, the marks
// that are no files: whiteouts that are devices, and attributes of opaque directories.
func Copy(from, to *os.File) error {
	up, err := reopenDir(from, ".")
	if err != nil {
		return err
	}
	defer up.Close()
	if opaque(up) {
		if err := setOpaque(to); err != nil {
			return err
		}
	}
	for {
		entries, err := up.ReadDir(256)
		for _, e := range entries {
			if err := copyEntry(up, to, e); err != nil {
				return fmt.Errorf("%s: %w", e.Name(), err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func copyEntry(from, to *os.File, e os.DirEntry) error {
	if e.IsDir() {
		a, err := reopenDir(from, e.Name())
		if err != nil {
			return err
		}
		defer a.Close()
		b, err := reopenDir(to, e.Name())
		if err != nil {
			return err
		}
		defer b.Close()
		return keepTimes(b, func() error { return Copy(a, b) })
	}
	var st unix.Stat_t
	if err := unix.Fstatat(wire.FD(from), e.Name(), &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != 0 {
		return nil
	}
	return unix.Mknodat(wire.FD(to), e.Name(), unix.S_IFCHR, 0)
}

// keepTimes runs f, which changes a directory, and gives it back the times it had.
func keepTimes(dir *os.File, f func() error) error {
	var st unix.Stat_t
	if err := unix.Fstat(wire.FD(dir), &st); err != nil {
		return err
	}
	path := fmt.Sprintf("/proc/self/fd/%d", wire.FD(dir))
	return errors.Join(f(), unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{st.Atim, st.Mtim}, 0))
}

// opaque tells whether a directory hides what is below it, in either way to say so.
func opaque(dir *os.File) bool {
	value := make([]byte, 8)
	for _, name := range []string{fuseOpaque, layer.OpaqueAttribute} {
		if n, err := unix.Fgetxattr(wire.FD(dir), name, value); err == nil && string(value[:n]) == "y" {
			return true
		}
	}
	return false
}
