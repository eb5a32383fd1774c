package safepath

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const dirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW

// openDir opens the directory name of dir to be emptied: itself, not what is
// mounted on it (EXDEV), and with our permissions opened up.
func openDir(dir *os.File, name string) (*os.File, error) {
	p, err := openSameMount(dir, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(p.Fd()), &st); err != nil {
		return nil, err
	}
	if st.Mode&0o700 != 0o700 {
		// Where it fails the reading or deleting says why.
		chmod(p, st.Mode&0o7777|0o700)
	}
	return OpenAt(p, ".", dirFlags, 0)
}

// openSameMount is openat that fails with EXDEV when name is a mount point.
func openSameMount(dir *os.File, name string, flags int) (*os.File, error) {
	const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS
	f, err := openat2(dir, name, flags, beneath)
	if !walkInstead(err) {
		return f, err
	}
	f, err = OpenAt(dir, name, flags, 0)
	if err != nil {
		return nil, err
	}
	if err := sameMount(dir, f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// sameMount compares mount ids (statx(2), Linux 5.8).
func sameMount(a, b *os.File) error {
	var ids [2]uint64
	for i, f := range []*os.File{a, b} {
		var st unix.Statx_t
		if err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &st); err != nil {
			return err
		}
		if st.Mask&unix.STATX_MNT_ID == 0 {
			return unix.EOPNOTSUPP
		}
		ids[i] = st.Mnt_id
	}
	if ids[0] != ids[1] {
		return unix.EXDEV
	}
	return nil
}

// chmod changes the mode of what an O_PATH descriptor refers to: fchmod(2)
// refuses these, fchmodat2(2) exists since 6.6, and /proc serves before.
func chmod(f *os.File, mode uint32) error {
	err := unix.Fchmodat(int(f.Fd()), "", mode, unix.AT_EMPTY_PATH)
	if err == nil || err == unix.EPERM {
		return err
	}
	return unix.Chmod("/proc/self/fd/"+strconv.Itoa(int(f.Fd())), mode)
}
