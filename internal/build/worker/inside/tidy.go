package inside

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// tidyBase gives the directories that were copied up from our base layer what the
// layers below have in their place: whoever reads the layer has no such base.
func tidyBase(upper, below *os.File) error {
	for _, name := range sandbox.BaseDirs() {
		if err := tidyDir(upper, below, name); err != nil {
			return fmt.Errorf("tidy /%s: %w", name, err)
		}
	}
	return nil
}

func tidyDir(upper, below *os.File, name string) error {
	dir, err := openBelow(upper, []string{name})
	if err != nil {
		return nil // it is not there, or no directory
	}
	defer dir.Close()
	var is unix.Stat_t
	if err := unix.Fstat(wire.FD(dir), &is); err != nil {
		return err
	}
	untouched := is.Mtim.Nano() == sandbox.BuildTime.UnixNano()
	was, known := statBelow(below, name)
	if !known {
		// Nothing but our mount point, if it is empty.
		if err := unix.Unlinkat(wire.FD(upper), name, unix.AT_REMOVEDIR); err == nil || !untouched {
			return nil
		}
		return touch(dir)
	}
	if is.Mode == unix.S_IFDIR|0o755 && is.Uid == 0 && is.Gid == 0 {
		path := fmt.Sprintf("/proc/self/fd/%d", wire.FD(dir))
		if err := errors.Join(os.Chown(path, int(was.Uid), int(was.Gid)), os.Chmod(path, fileMode(was.Mode&0o7777))); err != nil {
			return err
		}
	}
	if untouched {
		restore(dir, &was)
	}
	return nil
}

// statBelow is what the layers below have of a top-level directory.
func statBelow(below *os.File, name string) (st unix.Stat_t, known bool) {
	if below == nil {
		return st, false
	}
	err := unix.Fstatat(wire.FD(below), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// touch gives a directory the time of now.
func touch(dir *os.File) error {
	return unix.UtimesNanoAt(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", wire.FD(dir)), nil, 0)
}
