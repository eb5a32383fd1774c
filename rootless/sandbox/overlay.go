package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Layers are the directories of an overlay (Documentation/filesystems/overlayfs.rst).
type Layers struct {
	// Lower are the read-only directories, the topmost first.
	Lower []string
	Upper string
	// Work must be empty and fresh: a work directory of an earlier mount costs
	// the kernel a millisecond to clean.
	Work string
}

// Overlay makes the overlay of a container's root, mounted nowhere. The file
// is the caller's to close.
func Overlay(l Layers) (*os.File, error) {
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, overlayError(fs, "open", err)
	}
	defer unix.Close(fs)
	for _, o := range []option{{"lowerdir", join(l.Lower)}, {"upperdir", l.Upper}, {"workdir", l.Work}} {
		if err := unix.FsconfigSetString(fs, o.key, o.value); err != nil {
			return nil, overlayError(fs, o.key+"="+o.value, err)
		}
	}
	// Without privilege over the host, whiteouts are kept in user.* attributes.
	if err := unix.FsconfigSetFlag(fs, "userxattr"); err != nil {
		return nil, overlayError(fs, "userxattr", err)
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return nil, overlayError(fs, "create", err)
	}
	fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NODEV)
	if err != nil {
		return nil, overlayError(fs, "mount", err)
	}
	return os.NewFile(uintptr(fd), "root file system"), nil
}

// ProbeOverlay makes an overlay below dir, for real, and tells why it cannot.
// MOCKER_FORCE_NO_OVERLAY makes it fail.
func ProbeOverlay(dir string) error {
	if os.Getenv("MOCKER_FORCE_NO_OVERLAY") != "" {
		return errors.New("MOCKER_FORCE_NO_OVERLAY is set")
	}
	tmp, err := os.MkdirTemp(dir, ".overlay")
	if err != nil {
		return err
	}
	defer func() {
		_ = os.Chmod(filepath.Join(tmp, "work", "work"), 0o700) // the kernel made it without any mode
		os.RemoveAll(tmp)
	}()
	at := func(name string) string { return filepath.Join(tmp, name) }
	for _, d := range []string{"lower", "upper", "work"} {
		if err := os.Mkdir(at(d), 0o755); err != nil {
			return err
		}
	}
	f, err := Overlay(Layers{Lower: []string{at("lower")}, Upper: at("upper"), Work: at("work")})
	if err != nil {
		return err
	}
	return f.Close()
}

// Bind is a detached copy of the mount at dir, without those below it.
func Bind(dir string) (*os.File, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("bind %s: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), "root file system"), nil
}

// join lists lower directories; their own colons are protected.
func join(dirs []string) string {
	var escaped []string
	for _, d := range dirs {
		escaped = append(escaped, strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace(d))
	}
	return strings.Join(escaped, ":")
}

// overlayError adds what the kernel says in the context's log (fsopen(2)).
func overlayError(fs int, step string, err error) error {
	var said []string
	b := make([]byte, 1024)
	for fs >= 0 {
		n, rerr := unix.Read(fs, b)
		if rerr != nil || n <= 0 {
			break
		}
		said = append(said, strings.TrimSpace(string(b[:n])))
	}
	if len(said) > 0 {
		return fmt.Errorf("overlay of the root file system (%s): %w: %s", step, err, strings.Join(said, "; "))
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("overlay of the root file system (%s): %w: Linux 5.11 or newer with overlayfs is needed", step, err)
	}
	return fmt.Errorf("overlay of the root file system (%s): %w", step, err)
}
