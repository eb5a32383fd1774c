package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// paths gives directories names that are short enough for the kernel, by open
// descriptors, which have to stay open until the mount is made.
type paths struct{ open []int }

func (p *paths) close() {
	for _, fd := range p.open {
		unix.Close(fd)
	}
}

// short is dir, or another name for it if that is too long for fsconfig(2).
func (p *paths) short(dir string) string {
	if len(dir) <= maxString {
		return dir
	}
	return p.byFD(dir)
}

// byFD is another name for dir; dir itself if it cannot be opened: then the
// mount says why.
func (p *paths) byFD(dir string) string {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return dir
	}
	p.open = append(p.open, fd)
	return "/proc/self/fd/" + strconv.Itoa(fd)
}

// maxMountData is the room that mount(2) has for options: a page.
const maxMountData = 4095

// overlayByMount makes an overlay of many layers on kernels before 6.7, where
// fsconfig(2) takes all lower directories as one string of 255 bytes at most:
// mount(2) has a page for it, but mounts at a place. That is the work directory,
// from where the mount is taken at once. Only a process with a mount namespace
// of its own may do that; the supervisor is one.
func overlayByMount(l Layers, p *paths) (*os.File, error) {
	lower := make([]string, len(l.Lower))
	for i, d := range l.Lower {
		lower[i] = p.byFD(d)
	}
	place, work := filepath.Join(l.Work, "at"), filepath.Join(l.Work, "w")
	for _, dir := range []string{place, work} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	data := "userxattr,lowerdir=" + strings.Join(lower, ":")
	if l.Upper != "" {
		data += ",upperdir=" + p.byFD(l.Upper) + ",workdir=" + p.byFD(work)
	}
	if len(data) > maxMountData {
		return nil, fmt.Errorf("overlay of the root file system: %d layers are too many for this kernel: Linux 6.7 is needed", len(l.Lower))
	}
	if err := unix.Mount("overlay", place, "overlay", unix.MS_NODEV, data); err != nil {
		return nil, overlayError(-1, "mount", err)
	}
	root, err := Bind(place)
	return root, errors.Join(err, unix.Unmount(place, unix.MNT_DETACH))
}
