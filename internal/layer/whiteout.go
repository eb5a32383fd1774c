package layer

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// mark is what an entry says about the layers below.
type mark int

const (
	noMark  mark = iota
	gone         // the name is not there
	opaque       // the directory shows nothing of theirs
	ignored      // book-keeping of aufs
)

// The names of layer.md ("Whiteouts").
const (
	whPrefix = ".wh."
	whMeta   = ".wh..wh."
	whOpaque = ".wh..wh..opq"
)

// whiteout reads an entry's name.
func whiteout(names []string) (mark, error) {
	for i, n := range names {
		last := i == len(names)-1
		switch {
		case !strings.HasPrefix(n, whPrefix):
		case n == whOpaque && last:
			return opaque, nil
		case strings.HasPrefix(n, whMeta):
			return ignored, nil
		case !last:
			return noMark, errors.New("it is below a whiteout")
		case n == whPrefix || n == whPrefix+"." || n == whPrefix+"..":
			return noMark, errors.New("a whiteout of nothing, or of a directory itself")
		default:
			return gone, nil
		}
	}
	return noMark, nil
}

// whiteout carries out a mark. What the same layer has is left alone, whether
// it comes before or after.
func (u *unpacker) whiteout(m mark, names []string) error {
	if m == ignored {
		u.st.Left.Kinds++
		return nil
	}
	dir, err := u.parent(names)
	if err != nil {
		return err
	}
	u.st.Whiteouts++
	if m == opaque {
		u.st.OpaqueRoot = u.st.OpaqueRoot || len(names) == 1
		return u.clear(dir)
	}
	base := strings.TrimPrefix(names[len(names)-1], whPrefix)
	if u.o.Whiteouts == Delete {
		return u.deleteBelow(dir, base)
	}
	err = u.marks.whiteout(dir, base)
	if err != unix.EEXIST || u.isWhiteout(dir, base) {
		return ignore(err, unix.EEXIST)
	}
	// A directory of this layer hides the one below; anything else does anyway.
	f, err := openAt(dir, base, dirFlags, 0)
	if err != nil {
		return ignore(err, unix.ENOTDIR, unix.ELOOP)
	}
	defer f.Close()
	return u.clear(f)
}

// clear takes from a directory all that is of the layers below.
func (u *unpacker) clear(dir *os.File) error {
	if u.o.Whiteouts != Delete {
		return u.marks.opaque(dir)
	}
	id, err := identify(dir)
	if err != nil {
		return err
	}
	list, err := openAt(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer list.Close()
	for {
		bases, err := list.Readdirnames(512)
		for _, base := range bases {
			if err := u.deleteFrom(dir, id, base); err != nil {
				return err
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

func (u *unpacker) deleteBelow(dir *os.File, base string) error {
	id, err := identify(dir)
	if err != nil {
		return err
	}
	return u.deleteFrom(dir, id, base)
}

// deleteFrom deletes an entry of dir, but for what this layer put there.
func (u *unpacker) deleteFrom(dir *os.File, id inode, base string) error {
	if _, ours := u.ours[name{id, base}]; !ours {
		return u.replace(dir, base)
	}
	f, err := openAt(dir, base, dirFlags, 0)
	if err != nil {
		return ignore(err, unix.ENOTDIR, unix.ELOOP, unix.ENOENT)
	}
	defer f.Close()
	return u.clear(f)
}

// replace removes what has the name of a new entry.
func (u *unpacker) replace(dir *os.File, base string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(int(dir.Fd()), base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return ignore(err, unix.ENOENT)
	}
	kind := st.Mode & unix.S_IFMT
	if kind == unix.S_IFDIR || kind == unix.S_IFLNK {
		u.parents.stale = true
	}
	if kind == unix.S_IFDIR || kind == unix.S_IFLNK || st.Size > 0 {
		u.st.Replaced++
	}
	return safepath.RemoveAll(dir, base)
}

func ignore(err error, which ...error) error {
	for _, w := range which {
		if err == w {
			return nil
		}
	}
	return err
}

// isWhiteout reports whether an entry is a mark of ours: devices are never made.
func (u *unpacker) isWhiteout(dir *os.File, base string) bool {
	return u.o.Whiteouts == Overlay && u.marks.is(dir, base)
}
