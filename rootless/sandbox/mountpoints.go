package sandbox

import (
	"fmt"
	"os"
	"path"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// MakeBaseIn makes the base layer's mount points in a root that has no such
// layer above it. A link in place of a directory is an attack: refused when it is
// to be mounted on. One in place of a file goes, as the layer would cover it.
func MakeBaseIn(root *os.File) error {
	for _, d := range baseDirs {
		if err := makeDir(root, d, nil); err != nil {
			return err
		}
	}
	for _, f := range baseFiles {
		if err := dropLink(root, f); err != nil {
			return err
		}
		if err := makeFile(root, f, nil); err != nil {
			return err
		}
	}
	return nil
}

// dropLink removes the link that an image has in place of one of our files, such
// as systemd's for resolv.conf: the base layer would cover it.
func dropLink(root *os.File, file string) error {
	dir, err := safepath.OpenInRoot(root, path.Dir(file), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("mount point %s: %w", file, err)
	}
	defer dir.Close()
	var st unix.Stat_t
	err = unix.Fstatat(wire.FD(dir), path.Base(file), &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		err = unix.Unlinkat(wire.FD(dir), path.Base(file), 0)
	}
	if err != nil && err != unix.ENOENT {
		return fmt.Errorf("mount point %s: %w", file, err)
	}
	return nil
}

// MakeMountPoints makes, in the detached root of an image, what mounts and the
// working directory of the spec need beyond the base layer. It goes into the
// writable layer, and belongs to root as the exchange x has it.
func MakeMountPoints(root *os.File, spec *specs.Spec, sources map[string]Source, x exchange.IDs) error {
	owner := ownerOf(x)
	for _, m := range spec.Mounts {
		if first, _ := cutFirst(m.Destination); first == "dev" || first == "proc" || first == "sys" {
			continue
		}
		src, err := sources[m.Destination].open(m)
		if err != nil {
			return err
		}
		if src.file != nil {
			src.file.Close()
		}
		if src.isDir {
			if err := makeDir(root, m.Destination, owner); err != nil {
				return err
			}
			continue
		}
		if err := makeFile(root, m.Destination, owner); err != nil {
			return err
		}
	}
	if dir := spec.Process.Cwd; dir != "" && dir != "/" {
		return makeDir(root, dir, owner)
	}
	return nil
}

func makeDir(root *os.File, dir string, owner *safepath.Owner) error {
	f, err := safepath.MkdirAllOwned(root, dir, 0o755, owner)
	if err != nil {
		return fmt.Errorf("mount point %s: %w", dir, err)
	}
	return f.Close()
}

func makeFile(root *os.File, path string, owner *safepath.Owner) error {
	f, err := safepath.CreateFileOwned(root, path, 0o644, owner)
	if err != nil {
		return fmt.Errorf("mount point %s: %w", path, err)
	}
	return f.Close()
}
