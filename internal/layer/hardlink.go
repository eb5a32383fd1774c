package layer

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// hardLink links base to an entry that is in the tree already: one of the same
// layer, since that of another cannot have a further name here. A link to a
// symbolic link is one to the link itself.
func (u *unpacker) hardLink(dir *os.File, base, target string) error {
	names, err := cleanName(target)
	if err != nil {
		return fmt.Errorf("hard link to %q: %w", shorten(target), err)
	}
	if len(names) == 0 {
		return errors.New("hard link to the root of the tree")
	}
	from, release, err := u.linked(names)
	if err != nil {
		return fmt.Errorf("hard link to %q, which is not in the archive before it: %w", shorten(target), err)
	}
	defer release()
	last := names[len(names)-1]
	var old, now unix.Stat_t
	if err := unix.Fstatat(int(from.Fd()), last, &old, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("hard link to %q, which is not in the archive before it: %w", shorten(target), err)
	}
	if old.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fmt.Errorf("hard link to %q, a directory", shorten(target))
	}
	if u.isWhiteout(from, last) {
		return fmt.Errorf("hard link to %q, which the layer deletes", shorten(target))
	}
	err = unix.Linkat(int(from.Fd()), last, int(dir.Fd()), base, 0)
	if err != unix.EEXIST {
		return err
	}
	err = unix.Fstatat(int(dir.Fd()), base, &now, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && now.Ino == old.Ino && now.Dev == old.Dev {
		return nil // it is that file already
	}
	return unix.EEXIST
}

// linked opens the directory that holds the file to be linked to.
func (u *unpacker) linked(names []string) (dir *os.File, release func(), err error) {
	names = names[:len(names)-1]
	if dir, n := u.parents.nearest(names); n == len(names) {
		return dir, func() {}, nil
	}
	dir, err = safepath.OpenInRoot(u.root, strings.Join(names, "/"), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, nil, err
	}
	return dir, func() { dir.Close() }, nil
}
