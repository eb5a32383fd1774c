package fusemarks

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// The marks of fuse-overlayfs where it may not make those of the kernel (its manual,
// "whiteouts").
const (
	fuseOpaque    = "user.fuseoverlayfs.opaque"
	opaqueFile    = ".wh..wh..opq"
	whiteoutStart = ".wh."
)

// Normalize turns the marks of fuse-overlayfs below a directory into those of overlayfs,
// which the store's layers have. Nothing that a program made is taken for one:
// fuse-overlayfs lets nobody make such names.
func Normalize(dir *os.File) error {
	up, err := reopenDir(dir, ".")
	if err != nil {
		return err
	}
	defer up.Close()
	value := make([]byte, 8)
	if n, err := unix.Fgetxattr(wire.FD(up), fuseOpaque, value); err == nil && string(value[:n]) == "y" {
		if err := setOpaque(up); err != nil {
			return err
		}
	}
	for {
		entries, err := up.ReadDir(256)
		for _, e := range entries {
			if err := normalizeEntry(up, e); err != nil {
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

func normalizeEntry(dir *os.File, e os.DirEntry) error {
	switch name := e.Name(); {
	case e.IsDir():
		sub, err := reopenDir(dir, name)
		if err != nil {
			return err
		}
		defer sub.Close()
		return Normalize(sub)
	case name == opaqueFile:
		if err := setOpaque(dir); err != nil {
			return err
		}
		return unix.Unlinkat(wire.FD(dir), name, 0)
	case strings.HasPrefix(name, whiteoutStart):
		if err := unix.Unlinkat(wire.FD(dir), name, 0); err != nil {
			return err
		}
		return unix.Mknodat(wire.FD(dir), strings.TrimPrefix(name, whiteoutStart), unix.S_IFCHR, 0)
	}
	return nil
}

func setOpaque(dir *os.File) error {
	return unix.Fsetxattr(wire.FD(dir), layer.OpaqueAttribute, []byte("y"), 0)
}

func reopenDir(dir *os.File, name string) (*os.File, error) {
	fd, err := unix.Openat(wire.FD(dir), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}
