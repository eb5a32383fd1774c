package copytar

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A draft is a file that is being written and shall take the place of another in one step.
// As long as it is written it has no name (open(2), O_TMPFILE): of who is killed meanwhile
// nothing is left. It gets one for the moment between link(2) and rename(2) where something
// has its place, since a link replaces nothing. Where the file system or the kernel does not
// let a file be without a name, it has one from the beginning.
//
// These names are a draft's alone, and a draft that has one is locked (flock(2)): what has
// such a name and is not locked was left by somebody who was killed, and goes the next time
// ([sweep]). All drafts of one destination have their names in the same directory, the
// destination itself, so that one look finds them.
type draft struct {
	*os.File
	dir  *os.File // of its name
	name string   // "" = it has none
}

// named makes drafts have a name from the beginning, for tests of older kernels' way.
var named bool

// newDraft makes one in a directory.
func newDraft(dir *os.File) (*draft, error) {
	if f := nameless(dir); f != nil {
		return &draft{File: f, dir: dir}, nil
	}
	for {
		name := draftName()
		f, err := openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
		if err != nil {
			return nil, err
		}
		var st unix.Stat_t
		if flock(f) == nil && unix.Fstat(int(f.Fd()), &st) == nil && st.Nlink > 0 {
			return &draft{f, dir, name}, nil
		}
		f.Close() // somebody has taken it for one that was left
	}
}

// nameless opens a file without a name that can be given one, nil where that cannot be:
// before Linux 6.10 only who may read everything may link what is open (open(2),
// CAP_DAC_READ_SEARCH), which nobody in a user namespace may. A link over "." is always
// refused, but not for the same reason.
func nameless(dir *os.File) *os.File {
	if named {
		return nil
	}
	f, err := openat(dir, ".", unix.O_TMPFILE|unix.O_WRONLY, 0o600)
	if err != nil {
		return nil
	}
	if unix.Linkat(int(f.Fd()), "", int(dir.Fd()), ".", unix.AT_EMPTY_PATH) == unix.EEXIST && flock(f) == nil {
		return f
	}
	f.Close()
	return nil
}

// publish makes it the file of a name in a directory of the same mount.
func (d *draft) publish(dir *os.File, name string) error {
	if d.name == "" {
		if err := d.link(dir, name); err != unix.EEXIST {
			return err
		}
		temp := draftName()
		if err := d.link(d.dir, temp); err != nil {
			return err
		}
		d.name = temp
	}
	return replace(d.dir, d.name, dir, name)
}

func (d *draft) link(dir *os.File, name string) error {
	return unix.Linkat(int(d.Fd()), "", int(dir.Fd()), name, unix.AT_EMPTY_PATH)
}

// Close closes it; what was not published is gone.
func (d *draft) Close() error {
	err := d.File.Close()
	if d.name == "" {
		return err
	}
	if uerr := unix.Unlinkat(int(d.dir.Fd()), d.name, 0); uerr != nil && uerr != unix.ENOENT {
		err = errors.Join(err, uerr)
	}
	return err
}

// replace renames, also over an empty directory.
func replace(from *os.File, temp string, dir *os.File, name string) error {
	rename := func() error { return unix.Renameat(int(from.Fd()), temp, int(dir.Fd()), name) }
	err := rename()
	if err != unix.EISDIR {
		return err
	}
	if err = remove(dir, name); err == nil {
		err = rename()
	}
	if err == unix.EISDIR {
		err = obstacle{"a directory is in the way that has something else in it, or is a mount"}
	}
	return err
}

// draftPrefix begins the name of a draft.
const draftPrefix = ".mocker-sync-"

// draftName is a name that nobody has: a random number, and a sum by which it is known again.
func draftName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return draftNameOf(hex.EncodeToString(b[:]))
}

func draftNameOf(number string) string {
	return fmt.Sprintf("%s%s-%08x", draftPrefix, number, crc32.ChecksumIEEE([]byte(draftPrefix+number)))
}

// isDraft reports that a name was made by draftName.
func isDraft(name string) bool {
	number, _, ok := strings.Cut(strings.TrimPrefix(name, draftPrefix), "-")
	return ok && strings.HasPrefix(name, draftPrefix) && len(number) == 16 && name == draftNameOf(number)
}

// sweep removes what those who were killed have left in a directory. It fails nothing: what
// cannot be read or removed now is found again.
func sweep(dir *os.File) {
	d, err := openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return
	}
	defer d.Close()
	for {
		list, err := d.Readdirnames(256)
		for _, name := range list {
			if isDraft(name) {
				discard(dir, name)
			}
		}
		if err != nil {
			return
		}
	}
}

// discard removes a draft that nobody has.
func discard(dir *os.File, name string) {
	f, err := openat(dir, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err == nil {
		defer f.Close()
		if flock(f) != nil {
			return
		}
	} else if !errors.Is(err, unix.ELOOP) { // a link, which has a name for a moment only
		return
	}
	_ = unix.Unlinkat(int(dir.Fd()), name, 0)
}

// flock takes a file's lock if nobody has it.
func flock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
