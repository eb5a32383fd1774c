package devices

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// machine is what is looked up outside of the files.
type machine struct {
	root string                         // what its paths are below: "" but in tests
	stat func(string) (owner, error)    // of a device file
	self func() (uid int, groups []int) // who runs this
}

// owner is whose a file is.
type owner struct {
	uid, gid uint32
	mode     fs.FileMode
}

func this() *machine {
	return &machine{stat: stat, self: func() (int, []int) {
		groups, _ := os.Getgroups() // without them less may be opened
		return os.Getuid(), append(groups, os.Getgid())
	}}
}

func stat(path string) (owner, error) {
	info, err := os.Stat(path)
	if err != nil {
		return owner{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return owner{}, errors.ErrUnsupported
	}
	return owner{st.Uid, st.Gid, info.Mode().Perm()}, nil
}

// closed says why the user may not read and write a device file from within a container,
// which has no groups of the user's unless keep; "" if he may.
func (m *machine) closed(path string, keep bool) string {
	o, err := m.stat(m.root + path)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	uid, groups := m.self()
	if uid == 0 || o.mode&0o006 == 0o006 || int(o.uid) == uid && o.mode&0o600 == 0o600 {
		return ""
	}
	if o.mode&0o060 != 0o060 {
		return fmt.Sprintf("(its mode is %04o)", o.mode)
	}
	for _, g := range groups {
		if g == int(o.gid) {
			if keep {
				return ""
			}
			return "(you may by your group: add group_add: [keep-groups])"
		}
	}
	return fmt.Sprintf("(it is the group's: sudo usermod -aG %s $USER, and group_add: [keep-groups])", groupName(o.gid))
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
