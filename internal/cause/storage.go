package cause

import (
	"errors"
	"fmt"
	"syscall"
)

// Dir is a directory of ours and how one chooses another.
type Dir struct {
	Path     string
	Variable string // MOCKER_DATA_HOME
	Purpose  string // "images, volumes and logs"
}

// DataHome and RuntimeDir are the variables that choose our directories.
const (
	DataHome   = "MOCKER_DATA_HOME"
	RuntimeDir = "MOCKER_RUNTIME_DIR"
)

// Data is the data directory.
func Data(path string) Dir { return Dir{path, DataHome, "images, volumes and logs"} }

// Run is the run directory.
func Run(path string) Dir { return Dir{path, RuntimeDir, "sockets and locks"} }

// Write is why nothing can be written below a directory.
func Write(h Host, d Dir, err error) Cause {
	c := Cause{ID: "dir-refused", What: fmt.Sprintf("%s cannot be written to, which is for %s", d.Path, d.Purpose), Lost: lostAll}
	elsewhere := fmt.Sprintf("or choose another directory: export %s=DIRECTORY", d.Variable)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Full(h, d, 0, 0)
	case errors.Is(err, syscall.EROFS):
		c.ID, c.What = "dir-readonly", fmt.Sprintf("%s is on a file system that is mounted read-only", d.Path)
		if m := h.mountOf(d.Path); m != "" && m != "/" {
			c.Remedy = []string{h.Sudo("mount -o remount,rw " + m)}
		}
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		c.Remedy = []string{h.Sudo(fmt.Sprintf("install -d -m 700 -o %s %s", h.User, d.Path))}
	}
	c.Note = elsewhere
	return c
}

// What is little on a file system: below it, the first image may fill it.
const (
	LowBytes  = 512 << 20
	LowInodes = 20000
)

// Full is why there is no room below a directory; bytes and inodes are what is left.
func Full(_ Host, d Dir, bytes, inodes uint64) Cause {
	c := Cause{ID: "disk-full", What: fmt.Sprintf("the file system of %s is full, or your quota of it is", d.Path), Lost: d.Purpose + " cannot grow: up and run fail, containers get ENOSPC"}
	if d.Variable == "" {
		c.Lost, c.Remedy, c.Note = "nothing more can be written there", []string{"df -h " + d.Path}, "which names the file system: make room on it"
		return c
	}
	switch {
	case inodes > 0 && inodes < LowInodes && bytes >= LowBytes:
		c.ID, c.What = "disk-inodes", fmt.Sprintf("the file system of %s has only %d inodes left", d.Path, inodes)
	case bytes > 0:
		c.ID, c.What = "disk-low", fmt.Sprintf("the file system of %s has only %s left", d.Path, Size(bytes))
	}
	c.Remedy, c.Note = []string{"df -h " + d.Path}, fmt.Sprintf("which names the file system: make room on it, or choose a directory on another: export %s=DIRECTORY", d.Variable)
	if d.Variable == DataHome {
		c.Remedy = []string{"mocker-compose image prune -a -f"}
		c.Note = fmt.Sprintf("which removes images that no container uses; or choose a directory on another file system: export %s=DIRECTORY", d.Variable)
	}
	return c
}

// Size is a number of bytes for people.
func Size(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// NoExec is why programs below a directory cannot be executed.
func NoExec(h Host, d Dir) Cause {
	c := Cause{ID: "dir-noexec", What: fmt.Sprintf("%s is on a mount with noexec", d.Path), Lost: "programs in volumes do not run, and no image does without an overlay"}
	if m := h.mountOf(d.Path); m != "" {
		c.Remedy = []string{h.Sudo("mount -o remount,exec " + m)}
	}
	c.Note = fmt.Sprintf("or choose a directory on another mount: export %s=DIRECTORY", d.Variable)
	return c
}

// Volatile is what is said of data in memory.
func Volatile(d Dir) Cause {
	return Cause{ID: "data-volatile", What: fmt.Sprintf("%s is in memory (tmpfs)", d.Path), Note: "choose a directory on a disk: export " + d.Variable + "=DIRECTORY",
		Lost: "images and volumes take memory, and are gone after a restart of the machine"}
}

// Remote is what is said of data on a file system of the network.
func Remote(d Dir, fs string) Cause {
	return Cause{ID: "data-remote", What: fmt.Sprintf("%s is on %s, where other ids than yours, overlays and locks are not to be had", d.Path, fs),
		Note: "choose a directory on a local disk: export " + d.Variable + "=DIRECTORY", Lost: "root file systems are copied for each container, and containers cannot change the owners of files"}
}

// lostOverlay is what goes without an overlay.
const lostOverlay = "root file systems are copied for each container: starts are slow and take room"

// Overlay is why the kernel makes no overlay below a directory; fuse tells whether
// fuse-overlayfs can take its place.
func Overlay(h Host, d Dir, fs string, fuse bool) Cause {
	c := Cause{ID: "overlay-refused", What: "the kernel makes no overlay in a user namespace on " + fs, Lost: lostOverlay}
	if fuse {
		c.Lost = "fuse-overlayfs serves root file systems: files are read and written more slowly"
	}
	switch {
	case !h.loaded("overlay"):
		return Module(h, "overlay-kernel", "overlays", c.Lost, "overlay")
	case Older(h, 5, 11):
		c.ID, c.What = "overlay-old", "Linux "+h.Sysctl("kernel.osrelease")+" allows no overlay in a user namespace, 5.11 and later do"
	}
	if fuse {
		c.Note = "choose a directory on a local disk with ext4, xfs or btrfs: export " + d.Variable + "=DIRECTORY"
		return c
	}
	c.Remedy, c.Note = h.Install(FuseOverlay)
	return c
}

// RunDir is what is said where there is no directory of the session's.
func RunDir(h Host, d Dir) Cause {
	c := Cause{ID: "run-dir-shared", What: "XDG_RUNTIME_DIR is not set, and there is no directory of yours in /run/user: sockets are in " + d.Path,
		Lost: "who cleans that directory cuts the commands off from what runs"}
	if h.Exists("/run/systemd/system") {
		c.Remedy = []string{h.Sudo("loginctl enable-linger " + h.User), h.Sudo(fmt.Sprintf("systemctl start user@%d.service", h.UID))}
		c.Note = "then log in again"
		return c
	}
	c.Note = "set it to a directory of yours that is emptied by a restart only: export " + d.Variable + "=DIRECTORY"
	return c
}
