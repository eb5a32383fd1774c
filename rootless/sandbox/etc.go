package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// HostEtc is /etc of a container on the host's root file system: the host's below
// the base layer's, read-only, mounted nowhere. The file is the caller's to close.
//
// What is mounted on a file of the host is gone when the host replaces that file:
// the kernel takes the mounts from a name that is removed or renamed over, in all
// mount namespaces (rename(2), Linux 3.18). A resolv.conf is replaced each time a
// laptop joins a network; after that the container would have seen the host's. In
// the overlay our mount points are names of its own. They are files where the host has
// a link (systemd's resolv.conf) or nothing, too.
func HostEtc(base string) (*os.File, error) {
	f, err := Overlay(Layers{Lower: []string{filepath.Join(base, "etc"), "/etc"}})
	if err != nil {
		return nil, err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}
	if err := unix.MountSetattr(wire.FD(f), "", unix.AT_EMPTY_PATH, &attr); err != nil {
		f.Close()
		return nil, fmt.Errorf("make /etc read-only (mount_setattr): %w", err)
	}
	return f, nil
}

// hostEtc attaches it.
func (b *builder) hostEtc(etc *os.File) {
	b.do("mount /etc", unix.SYS_MOVE_MOUNT, b.file(etc), "", b.root, "etc", unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// entriesOf reads a directory of the host as the container sees it.
func entriesOf(c Container, dir string) ([]os.DirEntry, error) {
	if rest, below := strings.CutPrefix(dir+"/", "/etc/"); below && c.Etc != nil {
		dir = fmt.Sprintf("/proc/self/fd/%d/%s", wire.FD(c.Etc), rest)
	}
	return os.ReadDir(dir)
}
