package sandbox

import (
	"fmt"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// MakeBaseIn makes the base layer's mount points in a root that has no such
// layer above it. A link that is in the way is an attack: refused when it is
// to be mounted on.
func MakeBaseIn(root *os.File) error {
	for _, d := range baseDirs {
		if err := makeDir(root, d); err != nil {
			return err
		}
	}
	for _, f := range baseFiles {
		if err := makeFile(root, f); err != nil {
			return err
		}
	}
	return nil
}

// MakeMountPoints makes, in the detached root of an image, what mounts and the
// working directory of the spec need beyond the base layer. It goes into the
// writable layer.
func MakeMountPoints(root *os.File, spec *specs.Spec, sources map[string]Source) error {
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
			if err := makeDir(root, m.Destination); err != nil {
				return err
			}
			continue
		}
		if err := makeFile(root, m.Destination); err != nil {
			return err
		}
	}
	if dir := spec.Process.Cwd; dir != "" && dir != "/" {
		return makeDir(root, dir)
	}
	return nil
}

func makeDir(root *os.File, dir string) error {
	f, err := safepath.MkdirAllInRoot(root, dir, 0o755)
	if err != nil {
		return fmt.Errorf("mount point %s: %w", dir, err)
	}
	return f.Close()
}

func makeFile(root *os.File, path string) error {
	f, err := safepath.CreateFileInRoot(root, path, 0o644)
	if err != nil {
		return fmt.Errorf("mount point %s: %w", path, err)
	}
	return f.Close()
}
