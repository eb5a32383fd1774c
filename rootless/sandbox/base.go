package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// baseDirs and baseFiles are the mount points that every root has to have.
var (
	baseDirs  = []string{"proc", "sys", "dev", "etc"}
	baseFiles = []string{"etc/hosts", "etc/hostname", "etc/resolv.conf"}
)

// BuildFiles are those of a step of a build, in which /etc/hostname is the image's.
var BuildFiles = []string{"etc/hosts", "etc/resolv.conf"}

// BuildTime is the time of all that the base layer of a build has: what of it is copied
// up into the writable layer is told by that from what the step has made.
var BuildTime = time.Unix(1, 0)

// BaseDirs are the directories that every root has because of us.
func BaseDirs() []string { return baseDirs }

// MakeBuildBase is MakeBase for the steps of builds.
func MakeBuildBase(dir string) error { return makeBase(dir, BuildFiles, &BuildTime) }

// MakeBase makes, once, the layer that lies above every image: real directories
// and files where the kernel's and our own mounts go. So no container has to make
// them, and a link that an image has planted in their place is covered
// (CVE-2025-31133, CVE-2025-52565 and their kin). It is published by rename.
func MakeBase(dir string) error { return makeBase(dir, baseFiles, nil) }

func makeBase(dir string, files []string, at *time.Time) error {
	if _, err := os.Lstat(dir); err == nil {
		return nil
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".base")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) // in vain once renamed
	for _, d := range baseDirs {
		if err := os.Mkdir(filepath.Join(tmp, d), 0o755); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(tmp, f), nil, 0o644); err != nil {
			return err
		}
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	for _, d := range append([]string{"."}, baseDirs...) {
		if at == nil {
			break
		}
		if err := os.Chtimes(filepath.Join(tmp, d), *at, *at); err != nil {
			return err
		}
	}
	err = os.Rename(tmp, dir)
	if err != nil && !errors.Is(err, os.ErrExist) { // another project was faster
		return fmt.Errorf("base layer: %w", err)
	}
	return nil
}
